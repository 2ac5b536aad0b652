/**
 * The sample store's port, first form: durable appends, and reads by name and labels. The full store (compaction,
 * PromQL) will stand behind the same port.
 */
import type { SampleBatch, SeriesLabels } from "../model/samples.ts";

export interface LabelMatcher {
  name: string;
  op: "=" | "!=" | "=~" | "!~";
  value: string;
}

export interface Series {
  labels: SeriesLabels;
  /** Ascending; one value a time (the last written wins). */
  times: Float64Array;
  values: Float64Array;
}

export interface SampleStore {
  open(): Promise<void>;
  close(): Promise<void>;
  /** Durable when it resolves. The same sample again changes nothing. */
  append(batches: readonly SampleBatch[]): Promise<void>;
  /** `from` and `to` inclusive, epoch milliseconds. `__name__` is a label like any other. Default at most 10 000 series. */
  select(matchers: readonly LabelMatcher[], from: number, to: number, limit?: number): Promise<Series[]>;
  labelNames(): Promise<string[]>;
  labelValues(name: string, limit?: number): Promise<string[]>;
  /** Drops whole segments that end before `before`; answers how many, at most `limit`. */
  prune(before: number, limit: number): Promise<number>;
  stats(): Promise<{
    series: number;
    segments: number;
    bytes: number;
    firstAt: number | null;
    lastAt: number | null;
  }>;
}
