/**
 * How many runs the processes of a job say are under way (`batch_jobs_running`, `batch_jobs_queued`). What is so now, so it
 * is kept in memory: the next export tells it again. A process that is silent for three of its intervals says nothing any
 * more: a killed one never takes its runs back (INGEST 5.3, 5).
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { JobKey } from "../../model/identity.ts";
import { jobKeyText } from "../../model/identity.ts";
import type { MetricPoint, SeriesLabels } from "../../model/samples.ts";
import { nativeLabels } from "./native-drafts.ts";

const INTERVALS_TO_MISS = 3;
/** Of a process that has exported once. */
const ASSUMED_INTERVAL_MS = 60_000;
const STREAMS_KEPT = 20_000;

interface RunningStream {
  jobKey: string;
  family: string;
  labels: SeriesLabels;
  at: number;
  intervalMs: number;
  value: number;
}

export interface NativeRunningCount {
  jobKey: string;
  family: string;
  labels: SeriesLabels;
  count: number;
}

export class NativeRunning {
  readonly #streams = new Map<string, RunningStream>();

  static isTold({ family }: MetricPoint): boolean {
    return family === METRIC_NAMES.running || family === METRIC_NAMES.queued;
  }

  tell(point: MetricPoint, job: JobKey): void {
    const { streamId, family, at, value } = point;
    const known = this.#streams.get(streamId);
    if (known !== undefined && known.at >= at) return;
    this.#streams.delete(streamId);
    this.#streams.set(streamId, {
      jobKey: jobKeyText(job),
      family,
      labels: nativeLabels(point, job),
      at,
      intervalMs: known === undefined ? ASSUMED_INTERVAL_MS : at - known.at,
      value,
    });
    if (this.#streams.size <= STREAMS_KEPT) return;
    const [oldest] = this.#streams.keys();
    if (oldest !== undefined) this.#streams.delete(oldest);
  }

  /** As of a time, added up over the processes that still speak. */
  countsAt(now: number): NativeRunningCount[] {
    const counts = new Map<string, NativeRunningCount>();
    for (const [streamId, { jobKey, family, labels, at, intervalMs, value }] of this.#streams) {
      if (now - at > INTERVALS_TO_MISS * Math.max(intervalMs, ASSUMED_INTERVAL_MS)) {
        this.#streams.delete(streamId);
        continue;
      }
      const key = JSON.stringify([jobKey, family, labels]);
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { jobKey, family, labels, count: Math.max(0, value) });
      else known.count += Math.max(0, value);
    }
    return [...counts.values()].filter(({ count }) => count > 0);
  }
}
