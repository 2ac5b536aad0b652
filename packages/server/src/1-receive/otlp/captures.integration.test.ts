/**
 * Captures of real SDKs, replayed as they were sent to a real server, give the runs that there really were, as far as the
 * telemetry holds them (INGEST 5.1): whole, signal by signal, twice, and in another order. Never a run too many.
 */
import { describe, expect, test } from "vitest";
import { startTestServer } from "../../test-server.ts";
import { PROCESS_RUNS, processPerRun } from "./test-support/process-per-run.ts";
import {
  captureNames,
  hasCaptures,
  type ReplayRequest,
  readCapture,
  replay,
  type SettledRun,
  settledRuns,
  type TrueRun,
} from "./test-support/replay-captures.ts";
import type { OtlpSignal } from "./wire/otlp-types.ts";
import { FIXTURES_MISSING } from "./wire/testing/shared-fixtures.ts";

type Variant = "all" | "metrics" | "metrics+logs" | "traces" | "logs";

const SIGNALS: Readonly<Record<Variant, readonly OtlpSignal[]>> = {
  all: ["traces", "logs", "metrics"],
  metrics: ["metrics"],
  "metrics+logs": ["metrics", "logs"],
  traces: ["traces"],
  logs: ["logs"],
};

interface Expectation {
  capture: string;
  variant: Variant;
  /** Ids of the true runs that are recovered with their id; by default all. */
  named?: readonly string[];
  /** True runs of which an anonymous run with exact times is made. */
  anonymous?: readonly string[];
  /** What the telemetry of this variant does not hold, of any run. */
  unknown?: readonly ("records" | "queueWait" | "errorType" | "steps" | "times" | "end")[];
}

const LONG_LIVED = ["long-lived-cumulative", "long-lived-delta"].flatMap((capture): Expectation[] => {
  const id = (suffix: string) => `nightly_etl-20260302-${suffix}`;
  return [
    { capture, variant: "all" },
    {
      capture,
      variant: "metrics",
      named: [id("a1"), "report_gen-7", id("d4")],
      anonymous: [id("b2"), id("e5")],
      unknown: ["steps"],
    },
    { capture, variant: "metrics+logs", unknown: ["steps"] },
    // The killed run's root span was never exported, and nothing else in the traces names its job.
    {
      capture,
      variant: "traces",
      named: [id("a1"), "report_gen-7", id("b2"), id("e5")],
      unknown: ["queueWait"],
    },
    { capture, variant: "logs", unknown: ["steps", "records", "queueWait", "errorType"] },
  ];
});

const EXPECTATIONS: readonly Expectation[] = [
  ...LONG_LIVED,
  { capture: "overlapping-runs", variant: "all" },
  {
    capture: "overlapping-runs",
    variant: "metrics",
    named: ["sync-0001", "sync-0002", "sync-0004"],
    anonymous: ["sync-0003"],
    // Three runs counted their records into one point, and one of two queue waits of a bucket has no exemplar.
    unknown: ["steps", "records", "queueWait"],
  },
  { capture: "overlapping-runs", variant: "metrics+logs", unknown: ["steps", "records"] },
  {
    capture: "overlapping-runs",
    variant: "traces",
    named: ["sync-0001", "sync-0002", "sync-0003"],
    unknown: ["queueWait"],
  },
  { capture: "overlapping-runs", variant: "logs", unknown: ["steps", "records", "queueWait", "errorType"] },
  { capture: "python-json-exporter", variant: "all" },
  {
    capture: "python-json-exporter",
    variant: "metrics",
    named: [],
    anonymous: ["invoice_export-31"],
    unknown: ["steps"],
  },
  { capture: "python-json-exporter", variant: "metrics+logs", unknown: ["steps"] },
  { capture: "python-json-exporter", variant: "traces", unknown: ["queueWait"] },
  { capture: "python-json-exporter", variant: "logs", unknown: ["steps", "records", "queueWait"] },
  { capture: "js-json-exporter", variant: "all" },
  { capture: "js-json-exporter", variant: "traces" },
  // Its metric points carry the wall clock of the capture, not of the run.
  { capture: "js-json-exporter", variant: "metrics", unknown: ["times"] },
  { capture: "js-json-exporter", variant: "metrics+logs", unknown: ["times"] },
  // One line with a run id and no job name: no run, for nobody says whose it is.
  { capture: "js-json-exporter", variant: "logs", named: [] },
  { capture: "guide-etl-traced", variant: "all" },
  // Gauges only: they say that runs live, never that one ended.
  { capture: "guide-heartbeat", variant: "all", unknown: ["end", "times"] },
];

describe.runIf(hasCaptures)("a capture replayed as it was sent", () => {
  test.concurrent.for(EXPECTATIONS)("gives its runs: $capture, $variant", async (expectation) => {
    const { requests, truth } = readCapture(expectation.capture);
    const runs = await runsOf(ofVariant(requests, expectation.variant));
    const { named = truth.map(({ job_id }) => job_id), anonymous = [], unknown = [] } = expectation;
    expect(
      runs
        .map(({ runId }) => runId)
        .filter((id) => !id.startsWith("anonymous-"))
        .sort(),
    ).toEqual([...named].sort());
    expect(runs).toHaveLength(named.length + anonymous.length);
    for (const truly of truth) {
      const run = anonymous.includes(truly.job_id)
        ? runs.find((each) => each.anonymous && each.startedAt === Date.parse(truly.start))
        : runs.find((each) => each.runId === truly.job_id);
      if (named.includes(truly.job_id) || anonymous.includes(truly.job_id)) expectTruth(run, truly, unknown);
    }
  });

  test.concurrent("gives one run of a DAG, with its tasks as steps", async ({ expect }) => {
    const [run, ...others] = await runsOf(readCapture("airflow-callbacks").requests);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      jobName: "sales_daily",
      jobType: "airflow",
      phase: "failed",
      errorType: "RuntimeError",
      startedAt: Date.parse("2026-03-02T06:00:00Z"),
      completedAt: Date.parse("2026-03-02T06:03:47Z"),
      durationMs: 227_000,
    });
    const iso = (at: number | null | undefined) => new Date(at ?? 0).toISOString().slice(11, 19);
    expect(
      run?.steps.map((step) => [step.name, step.outcome, iso(step.startedAt), iso(step.endedAt)]),
    ).toEqual([
      ["extract", "success", "06:00:05", "06:01:05"],
      ["transform", "success", "06:01:10", "06:03:10"],
      ["load", "failure", "06:03:15", "06:03:45"],
    ]);
  });

  const sturdy = captureNames().filter((name) => name !== "guide-heartbeat");

  test.concurrent.for(sturdy)("twice gives the same runs: %s", async (capture, { expect }) => {
    const { requests } = readCapture(capture);
    const once = await runsOf(requests);
    const twice = await runsOf([...requests, ...requests]);
    expect(twice.map(comparable)).toEqual(once.map(comparable));
  });

  const orders = sturdy.flatMap((capture) =>
    (["all", "metrics"] as const).map((variant) => ({ capture, variant })),
  );

  test.concurrent.for(orders)(
    "in another order gives the same runs: $capture, $variant",
    async ({ capture, variant }, { expect }) => {
      const requests = ofVariant(readCapture(capture).requests, variant);
      const inOrder = await runsOf(requests);
      const shuffled = await runsOf(shuffle(requests));
      expect(shuffled.map(comparable)).toEqual(inOrder.map(comparable));
    },
  );
});

describe("processes that export once, at their end", () => {
  test.concurrent.for(Object.keys(SIGNALS) as Variant[])(
    "give their runs from %s",
    async (variant, { expect }) => {
      const runs = await runsOf(ofVariant(processPerRun(), variant));
      expect(runs).toHaveLength(PROCESS_RUNS.length);
      const unknown =
        variant === "logs"
          ? (["records", "queueWait", "errorType"] as const)
          : variant === "traces"
            ? (["queueWait"] as const)
            : [];
      for (const [index, truly] of PROCESS_RUNS.entries()) {
        expect(runs[index]?.anonymous).toBe(variant === "metrics");
        expectTruth(runs[index], truly, unknown);
      }
    },
  );

  test.concurrent("are counted, then absorbed by their spans that come later", async ({ expect }) => {
    const server = await startTestServer();
    await replay(server, ofVariant(processPerRun(), "metrics"));
    const counted = await settledRuns(server);
    await replay(server, ofVariant(processPerRun(), "traces"));
    await expect
      .poll(
        async () =>
          (await server.store.listRuns({}, "startedAt", { limit: 10, cursor: null })).items.map(
            ({ runId }) => runId,
          ),
        {
          timeout: 30_000,
        },
      )
      .toEqual(PROCESS_RUNS.map(({ job_id }) => job_id));
    await server.close();
    expect(counted.every(({ anonymous }) => anonymous)).toBe(true);
  });
});

test.skipIf(hasCaptures)("captures are replayed where they are at hand", ({ skip }) =>
  skip(FIXTURES_MISSING),
);

async function runsOf(requests: readonly ReplayRequest[]): Promise<SettledRun[]> {
  const server = await startTestServer();
  try {
    await replay(server, requests);
    return await settledRuns(server);
  } finally {
    await server.close();
  }
}

function ofVariant(requests: readonly ReplayRequest[], variant: Variant): ReplayRequest[] {
  return requests.filter(({ signal }) => SIGNALS[variant].includes(signal));
}

function expectTruth(
  run: SettledRun | undefined,
  truly: TrueRun,
  unknown: readonly NonNullable<Expectation["unknown"]>[number][],
): void {
  const knows = (what: NonNullable<Expectation["unknown"]>[number]) => !unknown.includes(what);
  expect(run?.jobName).toBe(truly.job_name);
  if (truly.status === "lost" || !knows("end")) {
    expect(["running", "suspect", "lost"]).toContain(run?.phase);
    if (knows("times")) expectInstant(run?.startedAt, truly.start);
    return;
  }
  expect(run?.phase).toBe(truly.status === "success" ? "completed" : "failed");
  expect(run?.conflict).toBe(false);
  expect(run?.retryCount).toBe(0);
  if (knows("times")) {
    expectInstant(run?.startedAt, truly.start);
    expectInstant(run?.completedAt, truly.end ?? "");
  }
  if (knows("errorType")) expect(run?.errorType).toBe(truly.error_type ?? null);
  if (knows("queueWait") && typeof truly.queue_wait_s === "number")
    expect(run?.queueWaitMs).toBe(truly.queue_wait_s * 1000);
  if (knows("records")) {
    // A run that failed says nothing of records in some captures: that is no zero.
    expect(run?.recordsProcessed ?? 0).toBe(truly.records_processed ?? 0);
    expect(run?.recordsFailed ?? 0).toBe(truly.records_failed ?? 0);
  }
  if (knows("steps") && truly.steps != null)
    expect(stepsOf(run)).toEqual(
      truly.steps
        .map(({ name, error, failed, records, end }) => ({
          name,
          error,
          failed,
          records,
          end: Date.parse(`${end}Z`),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
}

function stepsOf(run: SettledRun | undefined): object[] | undefined {
  return run?.steps
    .map(({ name, errorType, endedAt, records }) => ({
      name,
      error: errorType,
      failed: records.failed ?? 0,
      records: records.loaded ?? records.transformed ?? records.extracted ?? records.processed ?? 0,
      end: endedAt,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The SDKs' clocks of the captures run a few microseconds on between two calls. */
function expectInstant(at: number | null | undefined, iso: string): void {
  expect(Math.abs((at ?? 0) - Date.parse(iso))).toBeLessThanOrEqual(2);
}

/** What a run is, without when and how often it was heard of. An open one may have been declared lost meanwhile. */
function comparable(run: SettledRun): object {
  const isOpen = run.phase === "lost" || run.phase === "suspect" || run.phase === "running";
  const { jobName, runId, anonymous, startedAt, queuedAt, recordsProcessed, recordsFailed, steps, jobType } =
    run;
  const { retryCount, conflict, metadata, errorType, errorMessage } = run;
  return {
    jobName,
    runId,
    jobType,
    anonymous,
    startedAt,
    queuedAt,
    recordsProcessed,
    recordsFailed,
    steps,
    metadata,
    conflict,
    ...(isOpen
      ? { phase: "open" }
      : { phase: run.phase, completedAt: run.completedAt, retryCount, errorType, errorMessage }),
  };
}

/** Always the same order, and never the one in which they were sent. */
function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item, index) => ({ item, rank: (index * 7919 + 13) % 101 }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ item }) => item);
}
