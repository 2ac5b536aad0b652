/** A source over series in memory, for tests of the engine. */
import { type Labels, labelsOf, labelValue, METRIC_NAME } from "../labels.ts";
import { compileMatcher } from "../matchers.ts";
import type { SeriesSource, SourceSeries } from "../series-source.ts";
import { setStale } from "../stale-marker.ts";

/** Points `[seconds, value]`; "stale" ends the series there. */
export type Points = readonly (readonly [seconds: number, value: number | "stale"])[];

export function seriesOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  points: Points,
): SourceSeries {
  const values = Float64Array.from(points, ([, value]) => (value === "stale" ? Number.NaN : value));
  for (const [index, [, value]] of points.entries()) if (value === "stale") setStale(values, index);
  return {
    labels: labelsOf([[METRIC_NAME, name], ...Object.entries(labels)]),
    times: Float64Array.from(points, ([seconds]) => seconds * 1000),
    values,
  };
}

/** Values at 0, step, 2·step … seconds; undefined leaves the place empty. */
export function everySeconds(step: number, values: readonly (number | "stale" | undefined)[]): Points {
  return values.flatMap((value, index) => (value === undefined ? [] : [[index * step, value] as const]));
}

export function arraySource(series: readonly SourceSeries[]): SeriesSource {
  return {
    select(matchers, fromAt, toAt) {
      const compiled = matchers.map(compileMatcher);
      const matches = (labels: Labels) =>
        compiled.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
      return series.filter(({ labels }) => matches(labels)).map((one) => between(one, fromAt, toAt));
    },
  };
}

function between({ labels, times, values }: SourceSeries, fromAt: number, toAt: number): SourceSeries {
  const first = times.findIndex((time) => time >= fromAt);
  const last = times.findLastIndex((time) => time <= toAt);
  if (first < 0 || last < first) return { labels, times: new Float64Array(0), values: new Float64Array(0) };
  return { labels, times: times.slice(first, last + 1), values: values.slice(first, last + 1) };
}
