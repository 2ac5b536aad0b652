/**
 * The commonest form of a batch job: a short process that exports everything once, at its end. Three runs of one job, as the Python
 * SDK sends them: every series starts at its first measurement.
 */
import type { AttributeMap } from "../wire/otlp-types.ts";
import type { ReplayRequest, TrueRun } from "./replay-captures.ts";

interface ProcessRun extends TrueRun {
  end: string;
  records_processed: number;
  queue_wait_s: number;
  execution_s: number;
}

const DAY = "2026-03-07T0";

function run(hour: number, seconds: number, records: number, errorType: string | null): ProcessRun {
  const startAt = Date.parse(`${DAY}${hour}:00:00Z`);
  return {
    job_name: "price_import",
    job_id: `price_import-${hour}`,
    job_type: "import",
    start: new Date(startAt).toISOString(),
    end: new Date(startAt + seconds * 1000).toISOString(),
    status: errorType === null ? "success" : "failed",
    queue_wait_s: 4,
    execution_s: seconds,
    records_processed: records,
    records_failed: 0,
    error_type: errorType,
    steps: null,
  };
}

/** Of SDKs that are told of no others. */
const BOUNDS: readonly number[] = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

export const PROCESS_RUNS: readonly ProcessRun[] = [
  run(1, 40, 1200, null),
  run(2, 15, 300, "ValueError"),
  run(3, 41, 1210, null),
];

export function processPerRun(): ReplayRequest[] {
  return PROCESS_RUNS.flatMap((each, index) => [
    request("traces", {
      resourceSpans: [{ resource: resource(index), scopeSpans: [{ spans: [rootSpan(each, index)] }] }],
    }),
    request("logs", {
      resourceLogs: [{ resource: resource(index), scopeLogs: [{ logRecords: logRecords(each, index) }] }],
    }),
    request("metrics", {
      resourceMetrics: [
        { resource: resource(index), scopeMetrics: [{ scope: { name: "jobs" }, metrics: metrics(each) }] },
      ],
    }),
  ]);
}

function request(signal: ReplayRequest["signal"], message: object): ReplayRequest {
  return {
    signal,
    body: Buffer.from(JSON.stringify(message)),
    headers: { "content-type": "application/json" },
    grpcPath: null,
  };
}

function resource(index: number): object {
  return {
    attributes: attributes({ "service.name": "importer", "service.instance.id": `instance-${index}` }),
  };
}

function attributes(values: AttributeMap): object[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === null) return [];
    return [
      {
        key,
        value: typeof value === "number" ? { intValue: String(value) } : { stringValue: String(value) },
      },
    ];
  });
}

function nanos(iso: string, plusMicros = 0): string {
  return String(BigInt(Date.parse(iso)) * 1_000_000n + BigInt(plusMicros) * 1000n);
}

function traceId(index: number): string {
  return `${index + 1}`.padStart(32, "a");
}

function spanId(index: number): string {
  return `${index + 1}`.padStart(16, "b");
}

function rootSpan(each: ProcessRun, index: number): object {
  return {
    traceId: traceId(index),
    spanId: spanId(index),
    name: `batch_job.${each.job_name}`,
    kind: 1,
    startTimeUnixNano: nanos(each.start),
    endTimeUnixNano: nanos(each.end),
    attributes: attributes({
      "batch.job.name": each.job_name,
      "batch.job.id": each.job_id,
      "batch.job.type": each.job_type,
      "batch.total_records_processed": each.records_processed,
    }),
    status: each.error_type === null ? { code: 1 } : { code: 2, message: `${each.error_type}: bad price` },
  };
}

function logRecords(each: ProcessRun, index: number): object[] {
  const line = (at: string, text: string, more: AttributeMap = {}) => ({
    timeUnixNano: nanos(at),
    body: { stringValue: text },
    attributes: attributes({ job_id: each.job_id, job_name: each.job_name, ...more }),
    traceId: traceId(index),
    spanId: spanId(index),
  });
  const word = each.status === "success" ? "completed" : "failed";
  return [
    line(each.start, `Job ${each.job_name} started`),
    line(each.end, `Job ${each.job_name} ${word}`, { status: each.status }),
  ];
}

function metrics(each: ProcessRun): object[] {
  const { job_name, job_type, start, end } = each;
  const status = each.status === "success" ? "success" : "failure";
  const exportedAt = nanos(end, 14);
  const point = (first: string, values: AttributeMap, micros: number) => ({
    attributes: attributes(values),
    startTimeUnixNano: nanos(first, micros),
    timeUnixNano: exportedAt,
  });
  const counts = (seconds: number): string[] => {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    return [...BOUNDS, Number.POSITIVE_INFINITY].map((_, index) => (index === bucket ? "1" : "0"));
  };
  const sum = (name: string, isMonotonic: boolean, value: number, data: object) => ({
    name,
    sum: { aggregationTemporality: 2, isMonotonic, dataPoints: [{ ...data, asInt: String(value) }] },
  });
  const histogram = (name: string, seconds: number, data: object) => ({
    name,
    unit: "s",
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        { ...data, count: "1", sum: seconds, bucketCounts: counts(seconds), explicitBounds: BOUNDS },
      ],
    },
  });
  return [
    sum("batch_jobs_running", false, 0, point(start, { job_name, job_type }, 2)),
    sum(
      "batch_job_records_processed_total",
      true,
      each.records_processed,
      point(end, { job_name, status: "success" }, 1),
    ),
    histogram(
      "batch_job_duration_seconds",
      each.execution_s + each.queue_wait_s,
      point(end, { job_name, job_type, status }, 2),
    ),
    histogram("batch_job_queue_wait_seconds", each.queue_wait_s, point(end, { job_name }, 4)),
    histogram("batch_job_execution_seconds", each.execution_s, point(end, { job_name }, 6)),
    sum(
      "batch_job_completions_total",
      true,
      1,
      point(end, { job_name, job_type, status, error_type: each.error_type ?? null }, 8),
    ),
  ];
}
