/** The former names of the metric store's port. */
export type { LabelMatcher, MetricStore as SampleStore, SourceSeries as Series } from "./metric-store.ts";
