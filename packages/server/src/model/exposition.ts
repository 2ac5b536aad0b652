/** Metric families as they stand now, ready to be shown to whoever scrapes. */
import type { HistogramValue } from "./meter.ts";
import type { SeriesLabels } from "./samples.ts";

export interface ExposedPoint {
  labels: SeriesLabels;
  value: number | HistogramValue;
  /** Zero point of a counter or histogram, epoch ms. */
  createdAt?: number;
}

export interface ExposedFamily {
  /** A counter's ends in `_total`. */
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  points: readonly ExposedPoint[];
}
