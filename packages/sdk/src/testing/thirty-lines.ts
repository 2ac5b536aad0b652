/** A whole job: steps, records, a retry, an SLA. Run as a process by the tests, and shown in docs/guide/sdk.md. */
import { configureExport } from "../export.ts";
import { batchJob } from "../index.ts";

const destinations = process.env.DESTINATIONS?.split(",").map((endpoint) => ({ endpoint }));
configureExport({
  serviceName: "etl-service",
  environment: "production",
  ...(destinations && { destinations }),
});

const orders = Array.from({ length: 500 }, (_, id) => ({ id, price: id % 100 === 99 ? null : id }));
let tries = 0;

await batchJob(
  "daily_etl",
  {
    type: "etl",
    runId: "2026-11-23",
    schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" },
    sla: { maxDuration: "1h", minRecords: 100, maxFailureRate: 0.05 },
    metadata: { region: "eu" },
    attempts: 2,
    backoff: "10ms",
    queuedAt: Date.now() - 5_000,
  },
  async (run) => {
    const rows = await run.step("extract", (step) => {
      step.extracted(orders.length);
      if (++tries === 1) throw new TypeError("the connection was lost");
      return orders;
    });
    run.expect({ total: rows.length });
    await run.step("load", (step) => {
      for (const { id, price } of run.iterate(rows)) {
        if (price === null) run.failed(1, new RangeError("no price"), id);
        else step.loaded();
      }
    });
  },
);
