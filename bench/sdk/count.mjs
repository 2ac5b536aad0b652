/** Nanoseconds of processor time a record, printed as JSON. The work on a record is one addition, so that the loop is not taken away. */
import { metrics } from "@opentelemetry/api";
import { configureExport } from "../../packages/sdk/dist/esm/sdk/src/export.js";
import { batchJob } from "../../packages/sdk/dist/esm/sdk/src/index.js";

const RECORDS = 20_000_000;
const COUNTER_RECORDS = 2_000_000;
const items = Array.from({ length: 1_000 }, (_, index) => index);
let sum = 0;

function nanos(records, work) {
  work(records / 10);
  // Of this thread alone: what others do on the machine meanwhile is not its cost.
  const before = process.threadCpuUsage();
  work(records);
  const { user, system } = process.threadCpuUsage(before);
  return ((user + system) * 1000) / records;
}

configureExport({ serviceName: "bench", onWarning: () => {} });
await batchJob("bench", { type: "bench", heartbeat: "1s" }, async (run) => {
  const counter = metrics.getMeter("bench").createCounter("records");
  const result = {
    bare: nanos(RECORDS, (records) => {
      for (let record = 0; record < records; record++) sum += record & 7;
    }),
    processed: nanos(RECORDS, (records) => {
      for (let record = 0; record < records; record++) {
        sum += record & 7;
        run.processed(1);
      }
    }),
    bareIterated: nanos(RECORDS, (records) => {
      for (let round = 0; round < records / items.length; round++) for (const item of items) sum += item & 7;
    }),
    iterated: nanos(RECORDS, (records) => {
      for (let round = 0; round < records / items.length; round++)
        for (const item of run.iterate(items)) sum += item & 7;
    }),
    counter: nanos(COUNTER_RECORDS, (records) => {
      for (let record = 0; record < records; record++) {
        sum += record & 7;
        counter.add(1, { job_name: "bench" });
      }
    }),
  };
  process.stdout.write(JSON.stringify({ ...result, sum }));
});
