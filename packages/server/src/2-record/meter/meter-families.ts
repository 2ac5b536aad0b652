/**
 * The families that the meter writes, with the words that `/metrics`, the metadata API and docs/reference/metrics.md show.
 * Names never change: users' rules and dashboards name them.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";

export interface MeterFamily {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  /** Beside `namespace` and `environment`, which stand where they are not the default. */
  labels: readonly string[];
}

const N = METRIC_NAMES;

export const METER_FAMILIES: readonly MeterFamily[] = [
  {
    name: N.completions,
    type: "counter",
    help: "Runs that ended, by how.",
    labels: ["job_name", "job_type", "status", "error_type"],
  },
  {
    name: N.duration,
    type: "histogram",
    help: "Time from the first start of a run to its end.",
    labels: ["job_name", "job_type", "status"],
  },
  {
    name: N.execution,
    type: "histogram",
    help: "Time that the attempts of a run took together.",
    labels: ["job_name"],
  },
  {
    name: N.queueWait,
    type: "histogram",
    help: "Time from queueing to the first start of a run.",
    labels: ["job_name"],
  },
  {
    name: N.recordsProcessed,
    type: "counter",
    help: "Records that ended runs processed.",
    labels: ["job_name", "status"],
  },
  {
    name: N.recordsFailed,
    type: "counter",
    help: "Records that failed in ended runs.",
    labels: ["job_name"],
  },
  {
    name: N.slaViolations,
    type: "counter",
    help: "Broken declared expectations, by type.",
    labels: ["job_name", "violation_type"],
  },
  {
    name: N.detections,
    type: "counter",
    help: "What was noticed without a declared limit, by type.",
    labels: ["job_name", "detection_type"],
  },
  { name: N.retries, type: "counter", help: "Attempts after the first of a run.", labels: ["job_name"] },
  {
    name: N.deadLetters,
    type: "counter",
    help: "Runs that failed with their retries exhausted.",
    labels: ["job_name"],
  },
  {
    name: N.corrections,
    type: "counter",
    help: "Runs that turned out to have ended otherwise than they were counted.",
    labels: ["job_name", "counted", "real"],
  },
  {
    name: N.cpuSeconds,
    type: "counter",
    help: "CPU time of ended runs, where a source tells it.",
    labels: ["job_name"],
  },
  { name: N.running, type: "gauge", help: "Runs under way now.", labels: ["job_name", "job_type"] },
  { name: N.queued, type: "gauge", help: "Runs that wait to start now.", labels: ["job_name", "job_type"] },
  {
    name: N.heartbeat,
    type: "gauge",
    help: "1 while the last heartbeat of a run is younger than its limit, else 0, until the run ends.",
    labels: ["job_id", "job_name"],
  },
  {
    name: N.progressRate,
    type: "gauge",
    help: "Records a second, as a run under way reports them.",
    labels: ["job_id", "job_name"],
  },
  {
    name: N.lastSuccess,
    type: "gauge",
    help: "When a run last ended well (no backfill), in unix seconds.",
    labels: ["job_name"],
  },
  {
    name: N.nextDeadline,
    type: "gauge",
    help: "When the next deadline of a job is due, in unix seconds.",
    labels: ["job_name"],
  },
  {
    name: N.lastFailure,
    type: "gauge",
    help: "When a run last failed or was lost, in unix seconds.",
    labels: ["job_name"],
  },
  {
    name: N.lastViolation,
    type: "gauge",
    help: "When a declared expectation was last broken, in unix seconds.",
    labels: ["job_name", "violation_type"],
  },
  {
    name: N.runningSince,
    type: "gauge",
    help: "Start of the oldest run under way, in unix seconds; there while one is.",
    labels: ["job_name"],
  },
  {
    name: N.scheduleInterval,
    type: "gauge",
    help: "The longest time between two slots of a job's schedule.",
    labels: ["job_name"],
  },
  {
    name: N.firstSeen,
    type: "gauge",
    help: "When a job with a schedule was first known, in unix seconds.",
    labels: ["job_name"],
  },
  {
    name: N.peakMemory,
    type: "gauge",
    help: "Peak memory of the run that ended last, where a source tells it.",
    labels: ["job_name"],
  },
];

const BY_NAME: ReadonlyMap<string, MeterFamily> = new Map(
  METER_FAMILIES.map((family) => [family.name, family]),
);

export function meterFamily(name: string): MeterFamily | null {
  return BY_NAME.get(name) ?? null;
}

/** Upper bounds in seconds, from a second to two days: SEMANTICS section 7. */
export const DURATION_BOUNDS: readonly number[] = [
  1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800,
  43200, 86400, 172800,
];
