/**
 * Panel by panel and rule by rule: the dashboard and the alert rules that a user brings, evaluated as they are over captures of
 * real SDKs at a grid of times, against a table worked out from the runs (panel-table.fixture.ts). As it was sent, and told
 * all at once long after.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PROCESS_RUNS, processPerRun } from "./1-receive/otlp/test-support/process-per-run.ts";
import { FIXTURES_MISSING, otlpFixtures } from "./1-receive/otlp/wire/testing/shared-fixtures.ts";
import { DURATION_BOUNDS } from "./2-record/meter/meter-families.ts";
import { completionStatus } from "./2-record/meter/run-changes.ts";
import { type MetricHouse, openMetricHouse } from "./metric-house.fixture.ts";
import type { Job } from "./model/job.ts";
import type { Run } from "./model/run.ts";
import {
  type Cells,
  HOUR,
  MINUTE,
  quantiles,
  type Range,
  ratios,
  sums,
  type TableRun,
  type TableWindow,
} from "./panel-table.fixture.ts";

const seed = join(otlpFixtures, "../../seed");
const hasSeed = existsSync(seed) && existsSync(join(otlpFixtures, "captures"));
/** Of OpenTelemetry SDKs that are told of no others. */
const SDK_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
/** By when what is told is in a series: evidence settles, then two ticks. */
const TOLD_MS = 240_000 + 32_000;
const DAY = 24 * HOUR;

interface Expression {
  name: string;
  query: string;
}

function expressions(): Expression[] {
  const { dashboard } = parse(readFileSync(join(seed, "dashboard.yaml"), "utf8")) as {
    dashboard: { panels: { title: string; query?: string; queries?: { label: string; query: string }[] }[] };
  };
  const { groups } = parse(readFileSync(join(seed, "alert-rules.yaml"), "utf8")) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  return [
    ...dashboard.panels.flatMap(({ title, query, queries = [] }) => [
      ...(query === undefined ? [] : [{ name: title, query }]),
      ...queries.map(({ label, query: each }) => ({ name: `${title} ${label}`, query: each })),
    ]),
    ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ name: alert, query: expr }))),
  ];
}

interface Table extends TableWindow {
  beats: readonly { labels: string; from: number; until: number; goneBy: number; limitMs: number }[];
  /** What is so now was written then. */
  hasNow: boolean;
}

/** A lost run is counted when it is declared lost: three intervals or five minutes after its last sign, and one look. */
const LOST_AFTER_MS = 20 * MINUTE;

const byJob = ({ job }: TableRun): string => `job_name=${job}`;

/** By the name of the panel or rule: what the table says at a time. */
const EXPECTED: Readonly<Record<string, (table: Table, at: number) => Cells>> = {
  "Job Success Rate": (table, at) =>
    ratios(
      completions(table, at, 5 * MINUTE, () => "", true),
      completions(table, at, 5 * MINUTE, () => ""),
      100,
    ),
  "Job Duration (p50, p95, p99) p50": (table, at) => named(quantiles(table, at, 5 * MINUTE, 0.5)),
  "Job Duration (p50, p95, p99) p95": (table, at) => named(quantiles(table, at, 5 * MINUTE, 0.95)),
  "Job Duration (p50, p95, p99) p99": (table, at) => named(quantiles(table, at, 5 * MINUTE, 0.99)),
  "Records Processed per Minute": (table, at) =>
    sums(
      table,
      at,
      MINUTE,
      (run) => ({ key: byJob(run), amount: run.records }),
      ({ startedAt }) => startedAt,
    ),
  "Running Jobs": (table, at) => (table.hasNow ? running(table, at) : new Map()),
  "SLA Violations (24h)": (table, at) =>
    sums(table, at, DAY, (run) =>
      run.violation === null ? null : { key: `${byJob(run)},violation_type=${run.violation}`, amount: 1 },
    ),
  "Queue Wait Time Distribution": (table, at) => scaled(queueWaits(table, at, 5 * MINUTE), 1 / 300),
  "Failures by Error Type": (table, at) =>
    sums(table, at, DAY, (run) =>
      run.status === "failure"
        ? { key: run.errorType === null ? "" : `error_type=${run.errorType}`, amount: 1 }
        : null,
    ),
  "Job Heartbeat Status": heartbeats,
  BatchJobDurationSLABreach: (table, at) => above(named(quantiles(table, at, 15 * MINUTE, 0.95)), 3600),
  BatchJobHighFailureRate: (table, at) =>
    above(ratios(completions(table, at, HOUR, byJob, false), completions(table, at, HOUR, byJob), 1), 0.05),
  BatchJobHeartbeatMissing: noHeartbeats,
  // The sum has one label and the gauge has two, so it never matches; but of a job without a type.
  BatchJobZeroThroughput: () => new Map(),
  BatchJobNotRunRecently: (table, at) => above(sinceSuccess(table, at), 86_400),
  BatchJobSLAViolation: (table, at) =>
    sums(table, at, HOUR, (run) =>
      run.violation === null
        ? null
        : { key: `${run.environment}${byJob(run)},violation_type=${run.violation}`, amount: 1 },
    ),
};

function completions(
  table: Table,
  at: number,
  rangeMs: number,
  key: (run: TableRun) => string,
  isSuccess?: boolean,
): Cells {
  return sums(table, at, rangeMs, (run) =>
    run.status === null || (isSuccess !== undefined && isSuccess !== (run.status === "success"))
      ? null
      : { key: key(run), amount: 1 },
  );
}

function queueWaits(table: Table, at: number, rangeMs: number): Cells {
  const cells: Cells = new Map();
  const jobs = new Set(table.runs.map(({ job }) => job));
  for (const job of jobs)
    for (const le of [...new Set(table.runs.flatMap(({ bounds }) => bounds)), Number.POSITIVE_INFINITY]) {
      const key = `job_name=${job},le=${le === Number.POSITIVE_INFINITY ? "+Inf" : le}`;
      const of = (run: TableRun) => {
        if (run.job !== job || run.status === null || run.queueWait === null || run.queueWait > le)
          return null;
        const wait = run.queueWait;
        // Of foreign bounds it is known only what lies below the next lower one of its own.
        const bound = run.bounds.find((each) => each >= wait) ?? Number.POSITIVE_INFINITY;
        const isOwn = le === Number.POSITIVE_INFINITY || run.bounds.includes(le);
        return { key, amount: 1, least: isOwn && bound <= le ? 1 : 0 };
      };
      const found = sums(table, at, rangeMs, of).get(key);
      if (found !== undefined) cells.set(key, found);
    }
  return cells;
}

function running({ runs }: Table, at: number): Cells {
  const cells: Cells = new Map();
  for (const run of runs) {
    // A process says with its next export that it runs; an instant query looks 5 min back.
    const isSure = at >= run.startedAt + TOLD_MS && (run.endedAt === null || at < run.endedAt) && !run.isLost;
    const maybe = at >= run.startedAt && (run.endedAt === null || at <= run.by + 5 * MINUTE);
    if (!maybe) continue;
    const known = cells.get(byJob(run)) ?? { low: 0, high: 0 };
    cells.set(byJob(run), { low: known.low + (isSure ? 1 : 0), high: known.high + 1 });
  }
  return cells;
}

function heartbeats({ beats }: Table, at: number): Cells {
  return new Map(
    beats.flatMap(({ labels, from, until, goneBy, limitMs }): [string, Range][] => {
      if (at < from || at > goneBy) return [];
      const isFresh = at <= until && at >= from + 2 * MINUTE;
      return [[labels, { low: isFresh ? 1 : 0, high: at <= until + limitMs + 2 * MINUTE ? 1 : 0 }]];
    }),
  );
}

function noHeartbeats({ beats }: Table, at: number): Cells {
  const has = beats.some(({ from, until }) => at >= from + 2 * MINUTE && at <= until);
  const mayHave = beats.some(({ from, goneBy }) => at >= from && at <= goneBy + 5 * MINUTE);
  return has ? new Map() : new Map([["", { low: mayHave ? 0 : 1, high: 1 }]]);
}

function sinceSuccess({ runs }: Table, at: number): Cells {
  const cells: Cells = new Map();
  const wins = runs.filter(({ status, by }) => status === "success" && by <= at);
  for (const run of wins) {
    const since = (at - (run.endedAt ?? 0)) / 1000;
    const known = cells.get(byJob(run))?.high ?? Number.POSITIVE_INFINITY;
    const least = Math.min(known, since);
    cells.set(byJob(run), { low: least - 0.01, high: least + 0.01 });
  }
  return cells;
}

function named(cells: Cells): Cells {
  return new Map([...cells].map(([job, range]) => [`job_name=${job}`, range]));
}

function scaled(cells: Cells, factor: number): Cells {
  return new Map([...cells].map(([key, { low, high }]) => [key, { low: low * factor, high: high * factor }]));
}

/** What a comparison leaves: below it there is nothing. */
function above(cells: Cells, threshold: number): Cells {
  return new Map(
    [...cells]
      .filter(([, { high }]) => high > threshold)
      .map(([key, { low, high }]) => [key, { low: low > threshold ? low : 0, high }]),
  );
}

interface TimedRequest {
  signal: "traces" | "logs" | "metrics";
  at: number;
  body: Buffer;
}

/** @param endAt when requests without a time were sent, a second apart */
function readCapture(name: string, endAt: number): TimedRequest[] {
  const folder = join(otlpFixtures, "captures", name);
  const { requests } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    requests: { signal: TimedRequest["signal"]; received_at?: string; json: string }[];
  };
  return requests.map(({ signal, received_at, json }, index) => ({
    signal,
    at: received_at === undefined ? endAt + index * 1000 : Date.parse(received_at),
    body: readFileSync(join(folder, json)),
  }));
}

interface Capture {
  name: string;
  requests: () => TimedRequest[];
  /** It counts by itself, as SDKs do it. */
  isNative: boolean;
  /** A violation that the job counts itself, by the run's id. */
  violations?: Readonly<Record<string, string>>;
  /** `now` values are the process's; only gauges. */
}

const CAPTURES: readonly Capture[] = [
  ...["long-lived-cumulative", "long-lived-delta"].map((name) => ({
    name,
    requests: () => readCapture(name, 0),
    isNative: true,
    violations: { "report_gen-7": "duration_exceeded" },
  })),
  { name: "overlapping-runs", requests: () => readCapture("overlapping-runs", 0), isNative: true },
  { name: "guide-heartbeat", requests: () => readCapture("guide-heartbeat", 0), isNative: false },
  { name: "guide-etl-traced", requests: () => readCapture("guide-etl-traced", 0), isNative: false },
  {
    name: "python-json-exporter",
    requests: () => readCapture("python-json-exporter", Date.parse("2026-03-05T01:01:30Z")),
    isNative: true,
  },
  {
    name: "js-json-exporter",
    // Its points carry the clock on the wall of the day it was made: months after the run.
    requests: () => readCapture("js-json-exporter", 1_795_464_277_400),
    isNative: true,
  },
  { name: "a process per run", requests: processes, isNative: true },
];

function processes(): TimedRequest[] {
  return processPerRun().map(({ signal, body }, index) => ({
    signal,
    at: Date.parse(PROCESS_RUNS[Math.floor(index / 3)]?.end ?? "") + (index % 3) * 9_000 + 20,
    body,
  }));
}

async function tableOf(
  house: MetricHouse,
  capture: Capture,
  requests: readonly TimedRequest[],
  mode: Mode,
): Promise<Table> {
  const jobs = await house.store.listJobs({}, { limit: 100, cursor: null });
  const names = new Map(jobs.items.map((job) => [job.id, job]));
  const { items } = await house.store.listRuns({}, "startedAt", { limit: 1000, cursor: null });
  const counted = await countedPhases(house, jobs.items);
  const toldBy = (endedAt: number): number => {
    const told = requests.find(({ at }) => at >= endedAt)?.at ?? endedAt;
    return mode === "live" ? told + TOLD_MS : told;
  };
  const runs = items.map((run): TableRun => {
    const endedAt = run.completedAt;
    const isSelfMeasured = capture.isNative && run.phase !== "lost";
    const isCorrected = counted.get(run.id) === "lost" && run.phase !== "lost";
    return {
      job: names.get(run.jobId)?.jobName ?? "",
      environment: environmentLabel(names.get(run.jobId)),
      jobType: run.jobType,
      // Counted when it seemed lost, somewhen before its end: counters never go down.
      status: isCorrected ? "failure" : completionStatus(run.phase),
      errorType: isCorrected ? "lost" : run.errorType,
      startedAt: run.startedAt ?? 0,
      endedAt: isCorrected ? run.startedAt : endedAt,
      bounds: isSelfMeasured ? SDK_BOUNDS : DURATION_BOUNDS,
      by:
        endedAt === null
          ? Number.POSITIVE_INFINITY
          : toldBy(endedAt) + (run.phase === "lost" ? LOST_AFTER_MS : 0),
      duration: measured(run, isSelfMeasured),
      queueWait: run.queueWaitMs === null ? null : run.queueWaitMs / 1000,
      records: run.recordsProcessed ?? 0,
      violation: capture.violations?.[run.runId] ?? null,
      isLost: run.phase === "lost",
    };
  });
  return {
    runs,
    stepMs: 15_000,
    lateStepMs: mode === "live" ? 15_000 : 120_000,
    hasNow: mode === "live",
    beats:
      mode === "live"
        ? items.flatMap((run) => {
            if (run.firstBeatAt === null || run.lastBeatAt === null) return [];
            const job = names.get(run.jobId);
            return [
              {
                labels: `${environmentLabel(job)}job_id=${run.runId},job_name=${job?.jobName}`,
                from: run.firstBeatAt,
                until: run.lastBeatAt,
                goneBy:
                  run.completedAt === null
                    ? Number.POSITIVE_INFINITY
                    : toldBy(run.completedAt) + (run.phase === "lost" ? LOST_AFTER_MS : 0),
                limitMs: 10 * MINUTE,
              },
            ];
          })
        : [],
  };
}

function environmentLabel(job: Job | undefined): string {
  return job === undefined || job.environment === "" ? "" : `environment=${job.environment},`;
}

async function countedPhases(
  house: MetricHouse,
  jobs: readonly { id: number }[],
): Promise<Map<number, string | null>> {
  const ended = await Promise.all(jobs.map(({ id }) => house.store.runsEndedIn(id, 0, house.clock.now())));
  return new Map(ended.flat().map(({ run, countedPhase }) => [run.id, countedPhase]));
}

/** SDK users measure the wait along with the work (the guide does); the ledger from the start to the end. */
function measured({ durationMs, executionMs, queueWaitMs }: Run, isSelfMeasured: boolean): number | null {
  if (!isSelfMeasured) return durationMs === null ? null : durationMs / 1000;
  return ((executionMs ?? durationMs ?? 0) + (queueWaitMs ?? 0)) / 1000;
}

type Mode = "live" | "history";

/** Long after: beyond what is filled in without holes. */
const LATER = 40 * DAY;

async function replayed(requests: readonly TimedRequest[], mode: Mode): Promise<MetricHouse> {
  const [first, last] = [requests[0]?.at ?? 0, requests.at(-1)?.at ?? 0];
  const house = await openMetricHouse(mode === "live" ? first - MINUTE : last + LATER);
  for (const { signal, at, body } of requests) {
    if (mode === "live") await house.goTo(at);
    await house.receive(signal, body);
  }
  await house.goTo(house.clock.now() + 20 * MINUTE);
  return house;
}

/** Every expression at every time of the grid; what differs, in words. */
async function differences(house: MetricHouse, table: Table, times: readonly number[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, query } of expressions()) {
    const expected = EXPECTED[name];
    if (expected === undefined) throw new Error(`The table knows no ${name}`);
    for (const at of times) {
      const cells = expected(table, at);
      const found = await house.vector(query, at);
      for (const key of new Set([...cells.keys(), ...found.keys()])) {
        const { low, high } = cells.get(key) ?? { low: 0, high: 0 };
        const value = found.get(key) ?? 0;
        if (Number.isNaN(value) && low === 0) continue;
        if (!(value >= low * 0.999 - 1e-9 && value <= high * 1.001 + 1e-9))
          wrong.push(`${new Date(at).toISOString()} ${name} {${key}}: ${value}, not ${low} to ${high}`);
      }
    }
  }
  return wrong;
}

function totalsOf({ runs }: Table): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const run of runs) {
    const key = `${byJob(run)},status=${run.status}`;
    if (run.endedAt !== null && run.status !== null) totals[key] = (totals[key] ?? 0) + 1;
  }
  return totals;
}

/** Over the whole of it, and around each end, on ticks and between them. */
function gridOf(requests: readonly TimedRequest[], table: Table): number[] {
  const [first, last] = [requests[0]?.at ?? 0, requests.at(-1)?.at ?? 0];
  const ends = table.runs.flatMap(({ endedAt }) => endedAt ?? []);
  const from = Math.min(first, ...table.runs.map(({ startedAt }) => startedAt));
  const step = Math.max(2 * MINUTE, (last - from) / 30);
  const times = new Set<number>();
  for (let at = from; at <= last + 15 * MINUTE; at += step) times.add(Math.round(at) + 4_321);
  for (const end of ends)
    for (const after of [1_000, 22_500, 50_000, 3 * MINUTE, 6 * MINUTE, 14 * MINUTE])
      times.add(Math.ceil(end / 15_000) * 15_000 + after);
  return [...times].sort((a, b) => a - b);
}

describe.skipIf(!hasSeed)(
  `a user's panels and rules over captures${hasSeed ? "" : ` (${FIXTURES_MISSING})`}`,
  () => {
    test.for(
      CAPTURES.flatMap((capture) =>
        (["live", "history"] as const).map((mode) => ({ capture, mode, name: capture.name })),
      ),
    )("$name, $mode", { timeout: 120_000 }, async ({ capture, mode }) => {
      const requests = capture.requests();
      await using house = await replayed(requests, mode);
      const table = await tableOf(house, capture, requests, mode);
      expect(table.runs.length).toBeGreaterThan(0);
      const wrong = await differences(house, table, gridOf(requests, table));
      expect(wrong).toEqual([]);
      // The spans end in March and its counters began in November: nothing says that they tell of one run.
      if (capture.name === "js-json-exporter") return;
      // Whatever the windows show: each run once.
      const at = house.clock.now() - 30_000;
      const totals = await house.vector(
        `sum by (job_name, status) (max_over_time(batch_job_completions_total[300d]))`,
        at,
      );
      expect(Object.fromEntries(totals)).toEqual(totalsOf(table));
    });
  },
);
