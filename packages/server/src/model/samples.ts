/** Metric samples on their way to the sample store. One point of one series each, column by column. */

export interface SeriesLabels {
  readonly [name: string]: string;
}

/** A batch of samples: `series[seriesIndex[i]]` has the value `values[i]` at `times[i]`. */
export interface SampleBatch {
  series: readonly SeriesLabels[];
  seriesIndex: Uint32Array;
  /** Epoch milliseconds. */
  times: Float64Array;
  values: Float64Array;
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
  exemplars: readonly { at: number; value: number; traceId: string | null; spanId: string | null }[];
  namespace: string;
  environment: string;
}
