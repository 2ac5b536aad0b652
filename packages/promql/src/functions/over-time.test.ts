import fc from "fast-check";
import { expect, test } from "vitest";
import { queryRange } from "../engine.ts";
import { arraySource, everySeconds, seriesOf } from "../test-support/array-source.ts";

const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(0.5, -0.25, Number.NaN));

function overTime(values: readonly number[], call: (range: string) => string): [number, number][] {
  const source = arraySource([seriesOf("m", {}, everySeconds(10, values))]);
  const answer = queryRange(source, call("m[50s]"), {
    startAt: 0,
    endAt: values.length * 10_000,
    stepMs: 20_000,
  });
  const series = answer.value.kind === "matrix" ? answer.value.series[0] : undefined;
  return [...(series?.times ?? [])].map((time, index) => [time, series?.values[index] ?? 0]);
}

function windowAt(values: readonly number[], at: number): number[] {
  return values.filter((_, index) => index * 10_000 > at - 50_000 && index * 10_000 <= at);
}

function numbers(window: readonly number[]): number[] {
  return window.filter((number) => !Number.isNaN(number));
}

const quantile = (q: number, window: readonly number[]) => {
  const sorted = [...window.filter(Number.isNaN), ...numbers(window).sort((a, b) => a - b)];
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? 0;
  const high = sorted[Math.min(sorted.length - 1, Math.floor(rank) + 1)] ?? 0;
  return low * (1 - (rank % 1)) + high * (rank % 1);
};

test.each<[string, (range: string) => string, (window: number[]) => number]>([
  [
    "min",
    (range) => `min_over_time(${range})`,
    (window) => (numbers(window).length ? Math.min(...numbers(window)) : Number.NaN),
  ],
  [
    "max",
    (range) => `max_over_time(${range})`,
    (window) => (numbers(window).length ? Math.max(...numbers(window)) : Number.NaN),
  ],
  ["sum", (range) => `sum_over_time(${range})`, (window) => window.reduce((sum, number) => sum + number, 0)],
  [
    "avg",
    (range) => `avg_over_time(${range})`,
    (window) => window.reduce((sum, number) => sum + number, 0) / window.length,
  ],
  ["count", (range) => `count_over_time(${range})`, (window) => window.length],
  ["quantile", (range) => `quantile_over_time(0.4, ${range})`, (window) => quantile(0.4, window)],
  [
    "changes",
    (range) => `changes(${range})`,
    (window) => window.filter((number, index) => index > 0 && !Object.is(number, window[index - 1])).length,
  ],
  [
    "resets",
    (range) => `resets(${range})`,
    (window) => window.filter((number, index) => index > 0 && number < (window[index - 1] ?? 0)).length,
  ],
])("%s over a sliding window is that of each window alone", (_, call, expected) => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
      for (const [at, found] of overTime(values, call)) {
        const wanted = expected(windowAt(values, at));
        if (Number.isNaN(wanted)) expect(found).toBeNaN();
        else expect(found).toBeCloseTo(wanted, 9);
      }
    }),
  );
});
