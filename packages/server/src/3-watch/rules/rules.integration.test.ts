/** Rule groups in a real server on a clock of the test: evaluated when due, kept over restarts, read again when files change. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labelsOf } from "@batchwatch/promql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnownSeries } from "../../model/samples.ts";
import type { MetricStore } from "../../storage/metric-store.ts";
import { startTestServer, type TestServer } from "../../test-server.ts";

const FILE = (threshold: number, extra = ""): string => `
groups:
  - name: nightly
    interval: 1s
    rules:
      - record: job:backlog:max
        expr: max by (job_name) (backlog)
      - alert: BacklogHigh
        expr: job:backlog:max > ${threshold}
        labels: {severity: page}
        annotations: {summary: "{{ $labels.job_name }} has {{ $value }}"}
${extra}`;

let directory: string;
let server: TestServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "batchwatch-rules-"));
  writeFileSync(join(directory, "a.rules.yaml"), FILE(10));
  server = await startTestServer({
    rules: { files: [join(directory, "*.rules.yaml")], reloadInterval: "100ms" },
  });
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function write(samples: MetricStore, value: number): Promise<void> {
  await samples.append([
    {
      series: [
        new KnownSeries(
          labelsOf([
            ["__name__", "backlog"],
            ["job_name", "etl"],
          ]),
        ),
      ],
      seriesIndex: Uint32Array.of(0),
      times: Float64Array.of(Date.now() - 500),
      values: Float64Array.of(value),
    },
  ]);
}

interface ListedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: string;
  activeAt: string;
}

async function alerts(): Promise<ListedAlert[]> {
  const { json } = await server.request("/api/v1/alerts");
  return (json as { data: { alerts: ListedAlert[] } }).data.alerts;
}

/** The value now, null where there is no series. */
async function value(query: string): Promise<number | null> {
  const { value: answer } = await server.samples.queryInstant(query, Date.now());
  return answer.kind === "vector" ? (answer.samples[0]?.value ?? null) : null;
}

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await read();
    if (holds(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a rule sees what the one before it recorded; its alert fires, is written, and ends when the data is good again", async () => {
  await write(server.samples, 42);
  const [alert] = await until(alerts, (list) => list.length === 1);
  expect(alert).toMatchObject({
    labels: { alertname: "BacklogHigh", job_name: "etl", severity: "page" },
    annotations: { summary: "etl has 42" },
    state: "firing",
  });
  expect(await value('ALERTS{alertname="BacklogHigh",alertstate="firing"}')).toBe(1);

  await write(server.samples, 3);
  await until(alerts, (list) => list.length === 0);
  await until(
    () => value('ALERTS{alertname="BacklogHigh"}'),
    (now) => now === null,
  );
});

test("a firing alert is the same alert after a restart", async () => {
  await write(server.samples, 42);
  const [before] = await until(alerts, (list) => list.length === 1);
  server = await server.restart();
  expect((await alerts())[0]).toMatchObject({ state: "firing", activeAt: before?.activeAt });
});

test("a changed file is taken over; one with an error leaves the rules as they were and says where it is wrong", async () => {
  await write(server.samples, 42);
  await until(alerts, (list) => list.length === 1);

  writeFileSync(join(directory, "a.rules.yaml"), FILE(10, "      - alert: Broken\n        expr: sum(\n"));
  const ready = await until(
    () => server.request("/readyz"),
    ({ text }) => text.includes("a.rules.yaml"),
  );
  expect(ready.status).toBe(200);
  expect(ready.text).toMatch(/a\.rules\.yaml:\d+/);
  expect(await alerts()).toHaveLength(1);

  writeFileSync(join(directory, "a.rules.yaml"), FILE(100));
  await until(alerts, (list) => list.length === 0);
});

test("the series of a group that is gone end", async () => {
  await write(server.samples, 42);
  await until(
    () => value("job:backlog:max"),
    (now) => now === 42,
  );
  rmSync(join(directory, "a.rules.yaml"));
  await until(
    () => value("job:backlog:max"),
    (now) => now === null,
  );
  expect((await server.request("/api/v1/rules")).json).toEqual({ status: "success", data: { groups: [] } });
});
