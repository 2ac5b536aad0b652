/** Puts the series of a `load` block into the memory. */
import { type Labels, labelsOf, labelValue, METRIC_NAME } from "../labels.ts";
import type { MemorySource } from "./memory-source.ts";
import type { LoadCommand, LoadedSeries } from "./script-commands.ts";

export function loadSeries(source: MemorySource, command: LoadCommand, startAt = 0): void {
  for (const series of command.series) {
    const histogram = command.withNativeHistograms ? nativeHistogramOf(series.labels) : null;
    for (const index of series.values.keys())
      loadValue(source, series, index, startAt + index * command.stepMs, histogram);
  }
}

function loadValue(
  source: MemorySource,
  { labels, values, startOffsets }: LoadedSeries,
  index: number,
  at: number,
  histogram: Labels | null,
): void {
  const value = values[index];
  if (value === undefined || value.kind === "omitted") return;
  if (value.kind === "histogram") source.appendUnsupported(labels, at, "native histograms");
  else source.append(labels, at, value.kind === "stale" ? "stale" : value.value);
  if (histogram !== null && value.kind !== "histogram")
    source.appendUnsupported(histogram, at, "native histograms");
  const offset = startOffsets?.[index % startOffsets.length] ?? null;
  if (offset !== null) source.appendUnsupported(labels, at, "start timestamps");
}

/** The native histogram that a series of a classic one takes part in, null for any other series. */
function nativeHistogramOf(labels: Labels): Labels | null {
  const match = /^(.+)_(bucket|count|sum)$/.exec(labelValue(labels, METRIC_NAME));
  if (match === null) return null;
  const [, base = "", part] = match;
  const bound = labelValue(labels, "le");
  if (part === "bucket" && (bound === "" || Number.isNaN(Number(bound.replace(/^\+?inf$/i, "Infinity")))))
    return null;
  return labelsOf(
    labels.names.flatMap((name, index): [string, string][] => {
      if (name === "le") return [];
      return [[name, name === METRIC_NAME ? base : (labels.values[index] ?? "")]];
    }),
  );
}
