/** A group of the Pushgateway (PROMETHEUS 6): what was last pushed under one grouping key. */
import type { SeriesLabels } from "./samples.ts";

export type PushedType = "counter" | "gauge" | "histogram" | "summary" | "untyped";

export interface PushedSample {
  /** With its suffix: `…_bucket`, `…_sum`, `…_count`. */
  name: string;
  labels: SeriesLabels;
  /** As text of a number, so that NaN and infinities survive JSON. */
  value: string;
}

export interface PushedFamily {
  name: string;
  type: PushedType;
  help: string;
  samples: readonly PushedSample[];
}

export interface PushGroup {
  /** Of the namespace and the grouping labels. */
  key: string;
  /** Of the sender's key. */
  namespace: string;
  /** `job` and the others. */
  labels: SeriesLabels;
  families: readonly PushedFamily[];
  /** 0 = never. */
  pushedAt: number;
  failedAt: number;
}
