/** Metric samples on their way to the metric store. One point of one series each, column by column. */
import type { Labels } from "@batchwatch/promql";
import type { ExponentialSample } from "./exponential-histogram.ts";

export interface SeriesLabels {
  readonly [name: string]: string;
}

/**
 * A series that its sender will name again: a receiver keeps the object (by the bytes of the labels, say) and puts it
 * into batch after batch; the store notes in it what it found, and next time need not look at the labels at all.
 */
export class KnownSeries {
  /** Clean text, sorted, no empty value. */
  readonly labels: Labels;
  /** The store's note: the id holds while the store's epoch is this one. */
  storeEpoch: object | null = null;
  storeId = 0;
  /** The note of who collects samples: the index holds within this batch. */
  batch: object | null = null;
  batchIndex = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }
}

/** A batch of samples: `series[seriesIndex[i]]` has the value `values[i]` at `times[i]`. */
export interface SampleBatch {
  series: readonly (SeriesLabels | KnownSeries)[];
  seriesIndex: Uint32Array;
  /** Epoch milliseconds, integers. */
  times: Float64Array;
  values: Float64Array;
  /** Whose limit new series count against: the namespace of the sender's key. Absent = Batchwatch's own. */
  namespace?: string;
  /** What the sender said of metric families. */
  families?: readonly MetricFamily[];
  /** Of exported streams whose samples need what came before them; the recorder makes plain samples of them. */
  streams?: StreamOrigins;
  exponential?: readonly ExponentialSample[];
}

/** Beside the samples of a batch: what OpenTelemetry says of their streams. */
export interface StreamOrigins {
  /** One for each sample: when its stream began, 0 = not said. */
  startTimes: Float64Array;
  /** One for each series: 1 = its values are increments. */
  deltas: Uint8Array;
}

/** The same from a reader that knows labels only (another thread, say). */
export type LabelledBatch = SampleBatch & { series: readonly SeriesLabels[] };

export type MetricType = "counter" | "gauge" | "histogram" | "summary" | "unknown";

export interface MetricFamily {
  family: string;
  type: MetricType;
  help: string;
  unit: string;
}

/** Samples that a limit kept out. The rest of their batch is stored. */
export interface RefusedSamples {
  samples: number;
  series: number;
  /** A sentence: which limit, and what to do. */
  reason: string;
}

/**
 * What one exported point of a `batch_job_*` family says about runs, before it is known which runs (INGEST 5.2).
 * Receivers fill it; 2-record keeps the last value of each stream and turns increments into evidence.
 */
export interface MetricPoint {
  family: string;
  kind: "gauge" | "counter" | "updown" | "histogram";
  temporality: "cumulative" | "delta" | null;
  /** Hash of resource + scope + name + attributes + start-insensitive identity. */
  streamId: string;
  /** Hash of resource (the exporting process or instance). */
  instanceId: string;
  attributes: SeriesLabels;
  /** 0 = not given. */
  startAt: number;
  at: number;
  receivedAt: number;
  /** Value, or the sum of a histogram. */
  value: number;
  /** Histograms only. */
  count?: number;
  min?: number;
  max?: number;
  /** Cumulative; a histogram that has none tells count and sum only. */
  buckets?: { bounds: readonly number[]; below: readonly number[] };
  exemplars: readonly { at: number; value: number; traceId: string | null; spanId: string | null }[];
  namespace: string;
  environment: string;
}
