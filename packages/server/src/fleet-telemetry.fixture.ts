/** Made telemetry of fleets whose runs are known: what SDKs would send, and when. */

export interface FleetProcess {
  isPerRun: boolean;
  isDelta: boolean;
  isExponential: boolean;
  signals: "both" | "metrics" | "spans";
  intervalMs: number;
  restartsAfter: number;
  runs: readonly {
    pauseMs: number;
    durationMs: number;
    isFailure: boolean;
    records: number;
    waitMs: number;
  }[];
}

export interface Fleet {
  /** The processes of each job, side by side. */
  jobs: readonly (readonly FleetProcess[])[];
  lateEvery: number;
  lateMs: number;
  repeatEvery: number;
}

export interface FleetRun {
  jobName: string;
  runId: string;
  startedAt: number;
  endedAt: number;
  isFailure: boolean;
  records: number;
  waitMs: number;
  /** Of a span alone nobody knows the wait. */
  isCounted: boolean;
}

export interface FleetExport {
  signal: "traces" | "metrics";
  at: number;
  message: object;
}

const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

interface Life {
  process: FleetProcess;
  instance: string;
  jobName: string;
  bornAt: number;
  runs: FleetRun[];
}

export function runsOfFleet(fleet: Fleet, startAt: number): FleetRun[] {
  return livesOf(fleet, startAt).flatMap(({ runs }) => runs);
}

/** In the order in which they come. */
export function exportsOfFleet(fleet: Fleet, startAt: number): FleetExport[] {
  const all = livesOf(fleet, startAt).flatMap((life) => [
    ...(life.process.signals === "spans" ? [] : metricExports(life)),
    ...(life.process.signals !== "metrics" ? life.runs.map((run) => spanExport(life, run)) : []),
  ]);
  const sent = all.flatMap((each, index) => {
    const late = index % fleet.lateEvery === 0 ? fleet.lateMs : 200;
    const first = { ...each, at: each.at + late };
    return index % fleet.repeatEvery === 0 ? [first, { ...first, at: first.at + 3_000 }] : [first];
  });
  return sent.sort((a, b) => a.at - b.at);
}

/** From a start to its end or its restart. */
function livesOf({ jobs }: Fleet, startAt: number): Life[] {
  return jobs.flatMap((processes, jobIndex) =>
    processes.flatMap((process, processIndex) => {
      const jobName = `job_${jobIndex}`;
      const lives: Life[] = [];
      let at = startAt + processIndex * 1_700;
      process.runs.forEach((given, index) => {
        const each = process.isPerRun ? 1 : process.restartsAfter;
        const startedAt = at + given.pauseMs;
        if (index % each === 0)
          lives.push({
            process,
            instance: `${jobName}-${processIndex}-${index}`,
            jobName,
            bornAt: startedAt - 2_000,
            runs: [],
          });
        const endedAt = startedAt + given.durationMs;
        const runId = `${jobName}-${processIndex}-${index}`;
        lives.at(-1)?.runs.push({
          jobName,
          runId,
          startedAt,
          endedAt,
          isCounted: process.signals !== "spans",
          ...pick(given),
        });
        // A process that ends exports once more.
        at = endedAt + 2_500;
      });
      return lives;
    }),
  );
}

function pick({ isFailure, records, waitMs }: FleetProcess["runs"][number]) {
  return { isFailure, records, waitMs };
}

// ── metrics ─────────────────────────────────────────────────────────────────────────────────────────

function metricExports(life: Life): FleetExport[] {
  const { process, bornAt, runs } = life;
  const lastAt = (runs.at(-1)?.endedAt ?? 0) + 1_000;
  const times: number[] = [];
  if (!process.isPerRun)
    for (let at = bornAt + process.intervalMs; at < lastAt; at += process.intervalMs) times.push(at);
  times.push(lastAt);
  let before = bornAt;
  return times.flatMap((at) => {
    const from = process.isDelta ? before : Number.NEGATIVE_INFINITY;
    const metrics = metricsAt(life, from, at);
    const isNew = runs.some(({ endedAt }) => endedAt > before && endedAt <= at);
    before = at;
    // What grew not is not told again by deltas; a total is, but that many requests need not be.
    if (metrics.length === 0 || (!isNew && process.intervalMs < 15_000)) return [];
    const scope = { scope: { name: "jobs" }, metrics };
    return [
      {
        signal: "metrics",
        at,
        message: { resourceMetrics: [{ resource: resourceOf(life), scopeMetrics: [scope] }] },
      },
    ];
  });
}

/** What was measured in (from, at]. */
function metricsAt({ process, jobName, bornAt, runs }: Life, from: number, at: number): object[] {
  const measured = runs.filter(({ endedAt }) => endedAt > from && endedAt <= at);
  if (measured.length === 0) return [];
  const temporality = process.isDelta ? 1 : 2;
  const point = (of: readonly FleetRun[], attributes: Record<string, string>) => ({
    attributes: attributesOf({ job_name: jobName, ...attributes }),
    // The Python SDK begins a stream with its first measurement.
    startTimeUnixNano: nanos(process.isDelta ? Math.max(from, bornAt) : (of[0]?.endedAt ?? 0)),
    timeUnixNano: nanos(at),
  });
  const sum = (name: string, of: readonly FleetRun[], value: number, attributes: Record<string, string>) => ({
    name,
    sum: {
      aggregationTemporality: temporality,
      isMonotonic: true,
      dataPoints: [{ ...point(of, attributes), asInt: String(value) }],
    },
  });
  const histogram = (
    name: string,
    of: readonly FleetRun[],
    seconds: (run: FleetRun) => number,
    attributes: Record<string, string>,
  ) => {
    const values = of.map(seconds);
    const data = {
      ...point(of, attributes),
      count: String(values.length),
      sum: values.reduce((a, b) => a + b, 0),
    };
    return process.isExponential
      ? {
          name,
          unit: "s",
          exponentialHistogram: {
            aggregationTemporality: temporality,
            dataPoints: [{ ...data, ...exponentialOf(values) }],
          },
        }
      : {
          name,
          unit: "s",
          histogram: {
            aggregationTemporality: temporality,
            dataPoints: [{ ...data, bucketCounts: countsOf(values), explicitBounds: BOUNDS }],
          },
        };
  };
  const metrics: object[] = [];
  for (const isFailure of [false, true]) {
    const of = measured.filter((run) => run.isFailure === isFailure);
    if (of.length === 0) continue;
    const status = isFailure ? "failure" : "success";
    metrics.push(
      sum("batch_job_completions_total", of, of.length, {
        status,
        ...(isFailure ? { error_type: "OSError" } : {}),
      }),
      histogram("batch_job_duration_seconds", of, (run) => (run.endedAt - run.startedAt) / 1000, { status }),
    );
  }
  const records = measured.reduce((total, run) => total + run.records, 0);
  metrics.push(
    histogram("batch_job_queue_wait_seconds", measured, (run) => run.waitMs / 1000, {}),
    sum("batch_job_records_processed_total", measured, records, { status: "success" }),
  );
  return metrics;
}

function countsOf(values: readonly number[]): string[] {
  const counts = new Array<number>(BOUNDS.length + 1).fill(0);
  for (const value of values) {
    const index = BOUNDS.findIndex((bound) => value <= bound);
    const bucket = index < 0 ? BOUNDS.length : index;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts.map(String);
}

/** Scale 0: bucket i holds (2^i, 2^(i+1)]. */
function exponentialOf(values: readonly number[]): object {
  const zeroCount = values.filter((value) => value <= 0).length;
  const indexes = values.filter((value) => value > 0).map((value) => Math.ceil(Math.log2(value)) - 1);
  const offset = Math.min(...indexes, 20);
  const length = indexes.length === 0 ? 0 : Math.max(...indexes) - offset + 1;
  const bucketCounts = new Array<number>(length).fill(0);
  for (const index of indexes) bucketCounts[index - offset] = (bucketCounts[index - offset] ?? 0) + 1;
  return {
    scale: 0,
    zeroCount: String(zeroCount),
    positive: { offset, bucketCounts: bucketCounts.map(String) },
  };
}

// ── spans ───────────────────────────────────────────────────────────────────────────────────────────

function spanExport(life: Life, run: FleetRun): FleetExport {
  const hex = Buffer.from(run.runId.padEnd(16, "_")).toString("hex");
  const span = {
    traceId: hex.padEnd(32, "0").slice(0, 32),
    spanId: hex.slice(-16),
    name: `batch_job.${run.jobName}`,
    kind: 1,
    startTimeUnixNano: nanos(run.startedAt),
    endTimeUnixNano: nanos(run.endedAt),
    attributes: attributesOf({
      "batch.job.name": run.jobName,
      "batch.job.id": run.runId,
      "batch.total_records_processed": String(run.records),
    }),
    status: run.isFailure ? { code: 2, message: "OSError: no" } : { code: 1 },
  };
  const scopeSpans = [{ scope: { name: "jobs" }, spans: [span] }];
  return {
    signal: "traces",
    at: run.endedAt + 900,
    message: { resourceSpans: [{ resource: resourceOf(life), scopeSpans }] },
  };
}

function resourceOf({ instance }: Life): object {
  return { attributes: attributesOf({ "service.name": "worker", "service.instance.id": instance }) };
}

function attributesOf(values: Record<string, string>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }));
}

function nanos(at: number): string {
  return String(BigInt(Math.round(at)) * 1_000_000n);
}
