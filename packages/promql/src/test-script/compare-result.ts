/** Whether what a query answered is what the script expects; says the first difference. */
import { compareLabels } from "../labels.ts";
import type { MatrixSeries, QueryValue, VectorSample } from "../query-result.ts";
import { isStaleAt } from "../stale-marker.ts";
import { almostEqual } from "./compare-numbers.ts";
import type { EvalCommand, ExpectedSeries, Steps } from "./script-commands.ts";
import type { SequenceValue } from "./series-line.ts";
import { numberText, seriesText } from "./show-result.ts";

/** Null when it is as expected, else the first difference in a sentence. */
export function differenceOf(command: EvalCommand, value: QueryValue): string | null {
  const { result } = command;
  switch (result.kind) {
    case "string":
      if (value.kind !== "string") return `expected a string, got a ${value.kind}`;
      return value.value === result.value ? null : "the string differs";
    case "scalar":
      if (value.kind !== "scalar") return `expected a scalar, got a ${value.kind}`;
      return almostEqual(result.value, value.value) ? null : "the scalar differs";
    case "series":
      return seriesDifference(command, result.series, value);
  }
}

function seriesDifference(
  { time, rangeVector, isOrdered }: EvalCommand,
  expected: readonly ExpectedSeries[],
  value: QueryValue,
): string | null {
  const steps = time.kind === "range" ? time : rangeVector;
  if (steps !== null) {
    if (value.kind !== "matrix") return `expected a matrix, got a ${value.kind}`;
    return matrixDifference(expected, value.series, steps);
  }
  if (value.kind === "matrix" && value.series.length === 0 && expected.length === 0) return null;
  if (value.kind !== "vector") return `expected a vector, got a ${value.kind}`;
  return vectorDifference(expected, value.samples, isOrdered);
}

function vectorDifference(
  expected: readonly ExpectedSeries[],
  samples: readonly VectorSample[],
  isOrdered: boolean,
): string | null {
  const places = new Map(expected.map((series, index) => [series.labels.key, { series, index }]));
  const seen = new Set<string>();
  for (const [index, { labels, value }] of samples.entries()) {
    const place = places.get(labels.key);
    if (place === undefined) return `${seriesText(labels)} is not expected`;
    if (seen.has(labels.key)) return `${seriesText(labels)} is there twice`;
    seen.add(labels.key);
    const [first] = place.series.values;
    if (first === undefined || !isValue(first, value, false))
      return `${seriesText(labels)} is ${numberText(value)}`;
    if (isOrdered && place.index !== index)
      return `${seriesText(labels)} is at place ${index + 1}, expected at ${place.index + 1}`;
  }
  return missing(expected, seen);
}

function matrixDifference(
  expected: readonly ExpectedSeries[],
  series: readonly MatrixSeries[],
  steps: Steps,
): string | null {
  const unsorted = orderMistake(series);
  if (unsorted !== null) return unsorted;
  const byKey = new Map(expected.map((one) => [one.labels.key, one]));
  const seen = new Set<string>();
  for (const one of series) {
    const wanted = byKey.get(one.labels.key);
    if (wanted === undefined) return `${seriesText(one.labels)} is not expected`;
    seen.add(one.labels.key);
    const difference = pointsDifference(wanted, one, steps);
    if (difference !== null) return `${seriesText(one.labels)}: ${difference}`;
  }
  return missing(expected, seen);
}

/** Series of a range query come sorted by their labels, each once. */
export function orderMistake(series: readonly MatrixSeries[]): string | null {
  for (let index = 1; index < series.length; index++) {
    const before = series[index - 1];
    const one = series[index];
    if (before === undefined || one === undefined) continue;
    const order = compareLabels(before.labels, one.labels);
    if (order > 0)
      return `series are not sorted: ${seriesText(one.labels)} after ${seriesText(before.labels)}`;
    if (order === 0) return `${seriesText(one.labels)} is there twice`;
  }
  return null;
}

function pointsDifference(expected: ExpectedSeries, actual: MatrixSeries, steps: Steps): string | null {
  const wanted: { at: number; value: SequenceValue }[] = [];
  for (const [index, value] of expected.values.entries()) {
    const at = steps.startAt + index * steps.stepMs;
    if (at > steps.endAt) return `${expected.values.length} values are more than the steps of the query`;
    if (value.kind !== "omitted") wanted.push({ at, value });
  }
  if (wanted.length !== actual.times.length)
    return `expected ${wanted.length} points, got ${actual.times.length}`;
  for (const [index, { at, value }] of wanted.entries()) {
    if (actual.times[index] !== at) return `point ${index + 1} is at ${actual.times[index]} ms, not ${at} ms`;
    const got = actual.values[index] ?? Number.NaN;
    if (!isValue(value, got, isStaleAt(actual.values, index))) return `at ${at} ms it is ${numberText(got)}`;
  }
  return null;
}

function isValue(expected: SequenceValue, actual: number, isStale: boolean): boolean {
  switch (expected.kind) {
    case "float":
      return !isStale && almostEqual(expected.value, actual);
    case "stale":
      return isStale;
    case "omitted":
    case "histogram":
      return false;
  }
}

function missing(expected: readonly ExpectedSeries[], seen: ReadonlySet<string>): string | null {
  const absent = expected.find(({ labels }) => !seen.has(labels.key));
  return absent === undefined ? null : `${seriesText(absent.labels)} is missing`;
}
