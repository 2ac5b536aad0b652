/**
 * The stock OpenTelemetry SDK against a real server: a process configured by OTEL_* alone, with nothing but the names of the guide,
 * gives the same run page over each of its exporters.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { labelValue } from "@batchwatch/promql";
import { startTestServer, type TestServer } from "@batchwatch/server/test-server";
import { describe, expect, test, vi } from "vitest";

const JOB = join(import.meta.dirname, "jobs/sdk-full-job.mjs");

const EXPORTERS = (["grpc", "http/protobuf", "http/json"] as const).flatMap((protocol) =>
  (["none", "gzip"] as const).map((compression) => ({ protocol, compression })),
);

describe("a job with the stock SDK", () => {
  test.for(EXPORTERS)("over $protocol, compression $compression", async ({ protocol, compression }) => {
    const server = await startTestServer();
    const endpoint = protocol === "grpc" ? `http://${server.grpcAddress}` : server.httpUrl;
    await promisify(execFile)(process.execPath, [JOB], {
      env: {
        PATH: process.env.PATH,
        OTEL_SERVICE_NAME: "etl-service",
        OTEL_TRACES_EXPORTER: "otlp",
        OTEL_METRICS_EXPORTER: "otlp",
        OTEL_LOGS_EXPORTER: "otlp",
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production",
      },
    });
    await expectRunPages(server);
    // Up to 17 s until the next tick: once for each protocol is enough.
    if (compression === "none") await expectSeries(server);
    await server.close();
  });
});

async function expectRunPages(server: TestServer): Promise<void> {
  const read = async (path: string) => (await server.request(path)).json as Record<string, unknown>;
  const { items } = (await read("/api/runs?jobName=sdk_etl")) as { items: { runId: string }[] };
  expect(items.map(({ runId }) => runId).sort()).toEqual(["bad", "good"]);
  expect(await read("/api/runs/good")).toMatchObject({
    phase: "completed",
    jobType: "etl",
    environment: "production",
    anonymous: false,
    recordsProcessed: 118,
    recordsFailed: 2,
    errorType: null,
    retryCount: 0,
    metadata: { owner: "data" },
    steps: [
      { name: "extract", outcome: "success", records: { extracted: 120 } },
      { name: "transform", outcome: "success", records: { transformed: 118, failed: 2 } },
      { name: "load", outcome: "success", records: { loaded: 118 } },
    ],
  });
  expect(await read("/api/runs/bad")).toMatchObject({
    phase: "failed",
    errorType: "TypeError",
    errorMessage: "column 7 is no number",
    steps: [
      { name: "extract" },
      { name: "transform" },
      { name: "load", outcome: "failure", errorType: "TypeError" },
    ],
  });
  const logs = (await read("/api/runs/bad/logs")) as { items: { body: string; severity: string }[] };
  expect(logs.items.map(({ body, severity }) => [severity, body])).toEqual([
    ["info", "Job sdk_etl started"],
    ["error", "Job sdk_etl failed: column 7 is no number"],
  ]);
  const spans = (await read("/api/runs/good/spans")) as { items: { name: string }[] };
  expect(spans.items.map(({ name }) => name)).toEqual([
    "batch_job.sdk_etl",
    "batch_step.extract",
    "batch_step.transform",
    "batch_step.load",
  ]);
}

/** The job's own counters go into the server's series of the job, which are written with the next tick. */
async function expectSeries({ samples }: TestServer): Promise<void> {
  const name = { name: "__name__", op: "=", value: "batch_job_completions_total" } as const;
  await vi.waitFor(
    async () => {
      const series = await samples.select([name], 0, Date.now() + 60_000);
      expect(
        series.map(({ labels }) => [labelValue(labels, "job_name"), labelValue(labels, "status")]).toSorted(),
      ).toEqual([
        ["sdk_etl", "failure"],
        ["sdk_etl", "success"],
      ]);
    },
    { timeout: 40_000, interval: 250 },
  );
}
