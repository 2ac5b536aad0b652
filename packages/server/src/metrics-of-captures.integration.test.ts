/**
 * The promise of native telemetry (SEMANTICS section 7): what the panels and rules that users bring say of a source that counts by
 * itself is what a table computed from the ledger says, a process for each run included. Requests of real SDKs, at the times
 * at which they came.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRIC_NAMES } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import { PROCESS_RUNS, processPerRun } from "./1-receive/otlp/test-support/process-per-run.ts";
import {
  FIXTURES_MISSING,
  hasOtlpFixtures,
  otlpFixtures,
} from "./1-receive/otlp/wire/testing/shared-fixtures.ts";
import { completionStatus } from "./2-record/meter/run-changes.ts";
import { type MetricHouse, openMetricHouse } from "./metric-house.fixture.ts";
import type { Run } from "./model/run.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface TimedRequest {
  signal: "traces" | "logs" | "metrics";
  at: number;
  body: Buffer;
}

function readCapture(name: string): TimedRequest[] {
  const folder = join(otlpFixtures, "captures", name);
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    requests: { signal: TimedRequest["signal"]; received_at: string; json: string }[];
  };
  return manifest.requests.map(({ signal, received_at, json }) => ({
    signal,
    at: Date.parse(received_at),
    body: readFileSync(join(folder, json)),
  }));
}

/** Replayed, and then time enough for everything to settle. */
async function replayed(requests: readonly TimedRequest[]): Promise<MetricHouse> {
  const house = await openMetricHouse((requests[0]?.at ?? 0) - 60_000);
  for (const { signal, at, body } of requests) {
    await house.goTo(at);
    await house.receive(signal, body);
  }
  await house.goTo((requests.at(-1)?.at ?? 0) + 20 * 60_000);
  return house;
}

interface LedgerRun extends Run {
  jobName: string;
}

async function ledgerRuns(house: MetricHouse): Promise<LedgerRun[]> {
  const jobs = await house.store.listJobs({}, { limit: 100, cursor: null });
  const names = new Map(jobs.items.map((job) => [job.id, job.jobName]));
  const { items } = await house.store.listRuns({}, "startedAt", { limit: 1000, cursor: null });
  return items.map((run) => ({ ...run, jobName: names.get(run.jobId) ?? "" }));
}

/** Sums by a text key, zeros left out. */
function sumBy(
  runs: readonly LedgerRun[],
  key: (run: LedgerRun) => string | null,
  amount: (run: LedgerRun) => number | null,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const run of runs) {
    const name = key(run);
    const value = amount(run) ?? 0;
    if (name !== null && value !== 0) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** At the last tick: a young series is extrapolated into the seconds after it. */
async function atLastTick(house: MetricHouse, query: string): Promise<Map<string, number>> {
  return house.vector(query, (await house.store.meterWrittenUntil()) ?? undefined);
}

async function rounded(house: MetricHouse, query: string): Promise<Record<string, number>> {
  const entries = [...(await atLastTick(house, query))].map(
    ([key, value]) => [key, Math.round(value)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== 0));
}

/** A run that was counted as lost and turned out to have ended stays counted as what it was, and is said to be corrected. */
async function countedPhase(house: MetricHouse, runs: readonly LedgerRun[]): Promise<LedgerRun[]> {
  const corrected = await rounded(
    house,
    `sum by (job_name, real) (${METRIC_NAMES.corrections}{counted="lost"})`,
  );
  return runs.map((run) => {
    const key = `job_name=${run.jobName},real=${run.phase}`;
    const left = corrected[key] ?? 0;
    if (left === 0) return run;
    corrected[key] = left - 1;
    return { ...run, phase: "lost", errorType: "lost" };
  });
}

async function expectTableOfLedger(house: MetricHouse): Promise<void> {
  const runs = await ledgerRuns(house);
  const ended = (await countedPhase(house, runs)).filter((run) => completionStatus(run.phase) !== null);
  expect(ended.length).toBeGreaterThan(0);
  const { completions, duration, execution, queueWait, recordsProcessed, recordsFailed } = METRIC_NAMES;
  expect(await rounded(house, `sum by (job_name, status) (increase(${completions}[1d]))`)).toEqual(
    sumBy(
      ended,
      (run) => `job_name=${run.jobName},status=${completionStatus(run.phase)}`,
      () => 1,
    ),
  );
  expect(
    await rounded(house, `sum by (error_type) (increase(${completions}{status="failure"}[1d]))`),
  ).toEqual(
    sumBy(
      ended,
      (run) =>
        completionStatus(run.phase) === "failure"
          ? run.errorType === null
            ? ""
            : `error_type=${run.errorType}`
          : null,
      () => 1,
    ),
  );
  for (const [family, of] of [
    [duration, (run: LedgerRun) => run.durationMs],
    [execution, (run: LedgerRun) => run.executionMs],
    [queueWait, (run: LedgerRun) => run.queueWaitMs],
  ] as const)
    expect(await rounded(house, `sum by (job_name) (increase(${family}_count[1d]))`), family).toEqual(
      sumBy(
        ended,
        (run) => `job_name=${run.jobName}`,
        (run) => (of(run) === null ? null : 1),
      ),
    );
  for (const [family, of] of [
    [recordsProcessed, (run: LedgerRun) => run.recordsProcessed],
    [recordsFailed, (run: LedgerRun) => run.recordsFailed],
  ] as const) {
    const counted = await atLastTick(house, `sum by (job_name) (increase(${family}[1d]))`);
    const expected = sumBy(runs, (run) => `job_name=${run.jobName}`, of);
    for (const [job, value] of Object.entries(expected)) {
      // A thousandth may be left by extrapolation.
      expect(counted.get(job) ?? 0, `${family} ${job}`).toBeGreaterThan(value * 0.998);
      expect(counted.get(job) ?? 0, `${family} ${job}`).toBeLessThan(value * 1.002);
    }
  }
}

describe.skipIf(!hasOtlpFixtures)(
  `panels over captures say what the ledger says${hasOtlpFixtures ? "" : ` (${FIXTURES_MISSING})`}`,
  () => {
    test.for(["long-lived-cumulative", "long-lived-delta", "overlapping-runs"])(
      "%s",
      { timeout: 60_000 },
      async (name) => {
        await using house = await replayed(readCapture(name));
        await expectTableOfLedger(house);
      },
    );

    // What its callbacks count is tasks and the run alike; they say so by their labels.
    test("Airflow's own counters are kept as they are", { timeout: 60_000 }, async () => {
      await using house = await replayed(readCapture("airflow-callbacks"));
      const { completions } = METRIC_NAMES;
      expect(await rounded(house, `sum by (status, level) (increase(${completions}[1d]))`)).toEqual({
        "level=dag,status=failure": 1,
        "level=task,status=success": 2,
        "level=task,status=failure": 1,
      });
      expect((await ledgerRuns(house)).map(({ phase }) => phase)).toEqual(["failed"]);
    });

    test("metrics alone", { timeout: 60_000 }, async () => {
      const requests = readCapture("long-lived-cumulative").filter(({ signal }) => signal === "metrics");
      await using house = await replayed(requests);
      const all = await countedPhase(house, await ledgerRuns(house));
      const runs = all.filter((run) => completionStatus(run.phase) !== null);
      expect(
        await rounded(house, `sum by (job_name, status) (increase(${METRIC_NAMES.completions}[1d]))`),
      ).toEqual(
        sumBy(
          runs,
          (run) => `job_name=${run.jobName},status=${completionStatus(run.phase)}`,
          () => 1,
        ),
      );
    });
  },
);

test("a process for each run, which exports once and ends, is counted once", {
  timeout: 60_000,
}, async () => {
  const requests = processPerRun().map((request, index): TimedRequest => {
    const run = PROCESS_RUNS[Math.floor(index / 3)];
    return {
      signal: request.signal,
      // Traces, logs and metrics of one process, a second apart: a tick may fall between.
      at: Date.parse(run?.end ?? "") + (index % 3) * 9_000 + 20,
      body: request.body,
    };
  });
  await using house = await replayed(requests);
  await expectTableOfLedger(house);
  const last = Date.parse(PROCESS_RUNS.at(-1)?.end ?? "");
  // What `rate` over a minute says right after the end of a run.
  const rate = await house.vector(
    `sum by (job_name) (rate(${METRIC_NAMES.recordsProcessed}[1m])) * 60`,
    last + 30_000,
  );
  expect(rate.get("job_name=price_import")).toBeGreaterThan(1000);
  expect(
    await rounded(house, `sum by (job_name) (increase(${METRIC_NAMES.completions}[${DAY / HOUR}h]))`),
  ).toEqual({ "job_name=price_import": 3 });
});
