import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EngineOptions, queryInstant, queryRange } from "./engine.ts";
import { labelsText } from "./go-format/label-text.ts";
import type { Labels } from "./labels.ts";
import { QueryError } from "./query-error.ts";
import type { QueryAnswer } from "./query-result.ts";
import type { SeriesSource } from "./series-source.ts";
import { arraySource, everySeconds, seriesOf } from "./test-support/array-source.ts";
import { expressionText } from "./test-support/expression-text.ts";

const METRIC = /^\{__name__="([^"]+)"(?:, )?/;

function show(labels: Labels): string {
  return labelsText(labels).replace(METRIC, "$1{");
}

/** The answer of an instant query as texts, `name{labels} value`; scalars and strings as they are. */
function instant(source: SeriesSource, query: string, seconds = 0, options: EngineOptions = {}): unknown {
  const { value } = queryInstant(source, query, seconds * 1000, options);
  if (value.kind === "vector") return value.samples.map((sample) => `${show(sample.labels)} ${sample.value}`);
  return value.kind === "matrix" ? value.series.map(matrixText) : value.value;
}

function matrixText({
  labels,
  times,
  values,
}: {
  labels: Labels;
  times: Float64Array;
  values: Float64Array;
}): string {
  return `${show(labels)} ${[...values].map((value, index) => `${value}@${(times[index] ?? 0) / 1000}`).join(" ")}`;
}

function range(source: SeriesSource, query: string, start: number, end: number, step: number): unknown {
  const answer = queryRange(source, query, { startAt: start * 1000, endAt: end * 1000, stepMs: step * 1000 });
  return answer.value.kind === "matrix" ? answer.value.series.map(matrixText) : answer.value;
}

describe("precedence is Prometheus's", () => {
  test.each([
    ["-2^2", -4],
    ["- 2^2", -4],
    ["(-2)^2", 4],
    ["2-2^2", -2],
    ["-1 ^ 2", -1],
    ["3 - -2^2", 7],
    ["2^-2^2", 0.0625],
    ["2 ^ 3 ^ 2", 512],
    ["-2 atan2 1", -1.1071487177940904],
    ["1 + 2 * 3 % 2", 1],
    ["7 / 2 / 7", 0.5],
    ["1 == bool 1 != bool 2", 1],
  ])("%s is %d", (query, value) => {
    expect(instant(arraySource([]), query)).toBe(value);
  });
});

describe("arithmetic is Go's where JavaScript's differs", () => {
  test.each([
    ["1 ^ NaN", 1],
    ["(-1) ^ Inf", 1],
    ["-5 % 3", -2],
    ["5 % -3", 2],
    ["1 / 0", Number.POSITIVE_INFINITY],
    ["min_of(-Inf, NaN)", Number.NEGATIVE_INFINITY],
    ["max_of(NaN, Inf)", Number.POSITIVE_INFINITY],
    ["max_of(NaN, 1)", Number.NaN],
  ])("%s is %d", (query, value) => {
    expect(instant(arraySource([]), query)).toBe(value);
  });
});

describe("fill gives a missing partner a value", () => {
  const source = arraySource([
    seriesOf("left", { a: "x" }, [[0, 1]]),
    seriesOf("left", { a: "y" }, [[0, 2]]),
    seriesOf("right", { a: "y" }, [[0, 10]]),
    seriesOf("right", { a: "z" }, [[0, 20]]),
    seriesOf("many", { a: "x", n: "1" }, [[0, 5]]),
    seriesOf("many", { a: "x", n: "2" }, [[0, 6]]),
  ]);
  test.each([
    ["left + right", ['{a="y"} 12']],
    ["left + fill (100) right", ['{a="x"} 101', '{a="y"} 12', '{a="z"} 120']],
    ["left + fill_right (100) right", ['{a="x"} 101', '{a="y"} 12']],
    ["left + fill_left (100) right", ['{a="y"} 12', '{a="z"} 120']],
    ["left - fill_left (1) fill_right (2) right", ['{a="x"} -1', '{a="y"} -8', '{a="z"} -19']],
    ["left < fill (0) right", ['left{a="y"} 2', '{a="z"} 0']],
    ["left + fill (-1) none", ['{a="x"} 0', '{a="y"} 1']],
    ["none + fill (1) none2", []],
    ["many * on (a) group_left fill (3) left", ['{a="x", n="1"} 5', '{a="x", n="2"} 6', '{a="y"} 6']],
  ])("%s", (query, expected) => {
    const found = instant(source, query);
    expect(Array.isArray(found) ? found.toSorted() : found).toEqual(expected.toSorted());
  });
});

describe("anchored and smoothed", () => {
  const source = arraySource([
    seriesOf("c_total", {}, everySeconds(15, [1, 2, 3, 4, 5, 9, 10, 11, 12, 13])),
    seriesOf("reset_total", {}, everySeconds(15, [10, 20, 5, 15])),
    seriesOf("g", {}, everySeconds(10, [0, 10, undefined, 30])),
  ]);
  test.each([
    ["increase(c_total[1m] anchored)", 60, ["{} 4"]],
    ["increase(c_total[1m] anchored)", 70, ["{} 4"]],
    ["increase(c_total[1m] anchored)", 75, ["{} 7"]],
    ["rate(c_total[1m] anchored)", 60, [`{} ${4 / 60}`]],
    ["increase(c_total[1m] smoothed)", 67.5, [`{} ${7 - 1.5}`]],
    ["increase(reset_total[30s] anchored)", 45, ["{} 15"]],
    ["increase(reset_total[45s] anchored)", 45, ["{} 25"]],
    ["changes(c_total[1m] anchored)", 60, ["{} 4"]],
    ["resets(reset_total[1m] anchored)", 45, ["{} 1"]],
    ["delta(g[10s] smoothed)", 25, ["{} 10"]],
    ["g smoothed", 20, ["g{} 20"]],
    ["g smoothed", 30, ["g{} 30"]],
    ["g[15s] anchored", 30, ["g{} 10@15 30@30"]],
    ["g[15s] smoothed", 30, ["g{} 15@15 30@30"]],
  ])("%s at %d s", (query, at, expected) => {
    expect(instant(source, query, at)).toEqual(expected);
  });

  test.each([
    [
      "sum_over_time(g[1m] anchored)",
      "anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time",
    ],
    [
      "changes(g[1m] smoothed)",
      "smoothed modifier can only be used with: delta, increase, rate - not with changes",
    ],
  ])("%s is refused", (query, message) => {
    expect(() => instant(source, query)).toThrow(message);
  });
});

describe("durations that depend on the query", () => {
  const source = arraySource([seriesOf("m", {}, everySeconds(10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))]);
  test.each([
    ["count_over_time(m[step()])", "{} 2@20 2@40 2@60"],
    ["count_over_time(m[step() * 2])", "{} 3@20 4@40 4@60"],
    ["m offset step()", "m{} 0@20 2@40 4@60"],
    ["m offset -(step() / 2)", "m{} 3@20 5@40 7@60"],
    ["count_over_time(m[max_of(range(), 10s)])", "{} 3@20 4@40 4@60"],
    ["count_over_time(m[min_of(step(), 10s) + 10])", "{} 2@20 2@40 2@60"],
    ["sum_over_time(m[20s:step() / 2])", "{} 3@20 7@40 11@60"],
    ["m @ start()", "m{} 2@20 2@40 2@60"],
    ["m @ end() offset 10", "m{} 5@20 5@40 5@60"],
    ["start() + end() + step() + range()", "{} 140@20 140@40 140@60"],
  ])("%s", (query, expected) => {
    expect(range(source, query, 20, 60, 20)).toEqual([expected]);
  });

  test.each([
    ["m[5m - 5m]", "2:9: duration must be greater than 0"],
    ["m offset (1 / 0)", "10:15: division by zero"],
    ["m[5m % 0]", "2:8: modulo by zero"],
    ["m[step()]", "2:8: duration must be greater than 0"],
  ])("%s is refused", (query, message) => {
    expect(() => instant(source, query)).toThrow(message);
  });
});

describe("matching errors name the series", () => {
  const source = arraySource([
    seriesOf("l", { a: "1", b: "x" }, [[0, 1]]),
    seriesOf("l", { a: "1", b: "y" }, [[0, 1]]),
    seriesOf("r", { a: "1" }, [[0, 1]]),
    seriesOf("dup", { a: "1", c: "x" }, [[0, 1]]),
    seriesOf("dup", { a: "1", c: "y" }, [[0, 1]]),
  ]);
  test.each([
    [
      "r + on (a) dup",
      'found duplicate series for the match group {a="1"} on the right hand-side of the operation: ' +
        '[{__name__="dup", a="1", c="y"}, {__name__="dup", a="1", c="x"}]' +
        ";many-to-many matching not allowed: matching labels must be unique on one side",
    ],
    [
      "dup * on (a) group_right r",
      'found duplicate series for the match group {a="1"} on the left hand-side of the operation: ' +
        '[{__name__="dup", a="1", c="y"}, {__name__="dup", a="1", c="x"}]' +
        ";many-to-many matching not allowed: matching labels must be unique on one side",
    ],
    [
      "l > on (a) r",
      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
    ],
    [
      "l + on (a) group_left (b) r",
      "multiple matches for labels: grouping labels must ensure unique matches",
    ],
    ["label_replace(l, 'b', 'z', '', '')", "vector cannot contain metrics with the same labelset"],
    ["label_replace(l, 'b', 'z', 'a', '(')", "invalid regular expression in label_replace(): ("],
    ["topk(1e30, l)", "Scalar value 1e+30 overflows int64"],
    [
      "double_exponential_smoothing(l[1m], 1, 0.5)",
      "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000",
    ],
    ["1 </ 2", 'operator "</" not allowed for Scalar operations'],
  ])("%s", (query, message) => {
    let caught: unknown;
    try {
      instant(source, query);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(QueryError);
    expect(caught).toMatchObject({ kind: "execution", message });
  });

  test("a side without a sample in a step is never ambiguous", () => {
    expect(instant(source, "none + on (a) dup")).toEqual([]);
  });
});

describe("annotations", () => {
  const bucket = (le: string, value: number) => seriesOf("h_bucket", { le }, [[0, value]]);
  const source = arraySource([
    bucket("1", 5),
    bucket("2", 3),
    bucket("4", 9),
    bucket("+Inf", 8),
    seriesOf("jobs", {}, everySeconds(10, [1, 2, 3])),
  ]);
  const annotations = (answer: QueryAnswer) => [...answer.warnings, ...answer.infos];
  test.each([
    [
      "histogram_quantile(0.5, h_bucket)",
      "PromQL info: input to histogram_quantile needed to be fixed for monotonicity " +
        "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) " +
        'for metric name "h_bucket", from buckets 2 to +Inf, with a max diff of 2, over 1 samples ' +
        "from 1970-01-01T00:00:20Z to 1970-01-01T00:00:20Z (1:25)",
    ],
    [
      "histogram_quantile(2, jobs) or\n quantile(-1, jobs)",
      'PromQL warning: bucket label "le" is missing or has a malformed value of "" for metric name "jobs" (1:23)',
      "PromQL warning: quantile value should be between 0 and 1, got -1 (2:11)",
      "PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)",
    ],
    [
      "rate(jobs[1m])",
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "jobs" (1:6)',
    ],
    [
      "limit_ratio(-1.5, jobs)",
      "PromQL warning: ratio value should be between -1 and 1, got -1.5, capping to -1 (1:13)",
    ],
    [
      "jobs </ 2",
      'PromQL info: incompatible sample types encountered for binary operator "</": float </ float (1:1)',
    ],
    ["irate(jobs[1m])"],
    ["increase(none[1m])"],
  ])("of %s", (query, ...expected) => {
    expect(annotations(queryInstant(source, query, 20_000)).toSorted()).toEqual(expected.toSorted());
  });

  test("name the whole time in which buckets had to be raised", () => {
    const answer = queryRange(source, "histogram_quantile(0.5, h_bucket)", {
      startAt: 0,
      endAt: 60_000,
      stepMs: 30_000,
    });
    expect(answer.infos).toHaveLength(1);
    expect(answer.infos[0]).toContain(
      "over 3 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1:25)",
    );
  });
});

describe("experimental functions", () => {
  const source = arraySource([
    seriesOf("m", { n: "node10" }, everySeconds(10, [4, 1, 7, 1, 7, Number.NaN])),
    seriesOf("m", { n: "node9" }, everySeconds(10, [4, 6, 2, 1, 1])),
  ]);
  test.each([
    ['mad_over_time(m{n="node9"}[1m])', ['{n="node9"} 1']],
    ['mad_over_time(m{n="node10"}[1m])', ['{n="node10"} NaN']],
    ['ts_of_first_over_time(m{n="node9"}[25s])', ['{n="node9"} 30']],
    ['ts_of_last_over_time(m{n="node9"}[1m])', ['{n="node9"} 40']],
    ['ts_of_max_over_time(m{n="node10"}[1m])', ['{n="node10"} 40']],
    ['ts_of_min_over_time(m{n="node10"}[1m])', ['{n="node10"} 30']],
    ["sort_by_label(m, 'n')", ['m{n="node9"} 1', 'm{n="node10"} NaN']],
    ["sort_by_label_desc(m, 'n')", ['m{n="node10"} NaN', 'm{n="node9"} 1']],
    ["histogram_quantiles(m, 'q', 0.5, 1)", []],
    ["limitk(1, m)", ['m{n="node10"} NaN']],
    ["count(limitk by (n) (1, m))", ["{} 2"]],
  ])("%s", (query, expected) => {
    expect(instant(source, query, 50)).toEqual(expected);
  });

  test("limit_ratio divides the series, and the negative ratio gives the rest", () => {
    const many = arraySource(
      Array.from({ length: 200 }, (_, n) => seriesOf("s", { n: String(n) }, [[0, n]])),
    );
    const chosen = instant(many, "limit_ratio(0.3, s)");
    const rest = instant(many, "limit_ratio(-0.7, s)");
    if (!Array.isArray(chosen) || !Array.isArray(rest)) throw new Error("not vectors");
    expect(new Set([...chosen, ...rest]).size).toBe(200);
    expect(chosen.length + rest.length).toBe(200);
    expect(chosen.length).toBeGreaterThan(30);
    expect(chosen.length).toBeLessThan(90);
  });

  test("histogram_quantiles labels each quantile", () => {
    const buckets = arraySource(
      [
        ["1", 5],
        ["2", 10],
        ["+Inf", 10],
      ].map(([le, value]) => seriesOf("b", { le: String(le) }, [[0, Number(value)]])),
    );
    expect(instant(buckets, 'histogram_quantiles(b, "q", 0.5, 1)')).toEqual(['{q="0.5"} 1', '{q="1.0"} 2']);
  });
});

describe("topk and bottomk", () => {
  const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(Number.NaN)), {
    minLength: 1,
    maxLength: 400,
  });
  test.each(["topk", "bottomk"])("%s takes the best, NaN last, however many are asked for", (op) => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 500 }), (numbers, limit) => {
        const source = arraySource(
          numbers.map((number, n) => seriesOf("m", { n: String(n) }, [[0, number]])),
        );
        const { value } = queryInstant(source, `${op}(${limit}, m)`, 0);
        const found = value.kind === "vector" ? value.samples.map((sample) => sample.value) : [];
        const ordered = numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
        if (op === "topk") ordered.reverse();
        expect(found).toEqual([...ordered, ...numbers.filter(Number.isNaN)].slice(0, limit));
      }),
    );
  });
});

describe("an instant selector", () => {
  const source = arraySource([seriesOf("m", {}, everySeconds(60, [1, 2, "stale", undefined, 5]))]);
  test.each([
    ["the newest sample", 110, ["m{} 2"]],
    ["nothing behind a stale marker", 120, []],
    ["a sample of exactly the lookback no more", 540, []],
    ["a sample just inside the lookback", 539.999, ["m{} 5"]],
  ])("gives %s", (_, at, expected) => {
    expect(instant(source, "m", at)).toEqual(expected);
  });

  test("looks back as far as the option says", () => {
    expect(instant(source, "m", 300, { lookbackMs: 60_000 })).toEqual([]);
    expect(instant(source, "m", 299, { lookbackMs: 60_000 })).toEqual(["m{} 5"]);
  });

  test("NaN is a value", () => {
    const nan = arraySource([seriesOf("n", {}, [[0, Number.NaN]])]);
    expect(instant(nan, "n")).toEqual(["n{} NaN"]);
    expect(instant(nan, "count(n)")).toEqual(["{} 1"]);
    expect(instant(nan, "n == n")).toEqual([]);
    expect(range(nan, "n != n", 0, 0, 1)).toEqual(["n{} NaN@0"]);
  });
});

describe("limits", () => {
  const source = arraySource([
    seriesOf(
      "m",
      {},
      everySeconds(
        1,
        Array.from({ length: 1000 }, (_, n) => n),
      ),
    ),
  ]);

  test("a query over too many samples fails", () => {
    expect(() => queryInstant(source, "sum_over_time(m[1h])", 999_000, { maxSamples: 500 })).toThrow(
      "query processing would load too many samples into memory in query execution",
    );
    expect(() => queryInstant(source, "vector(1)[1h:1ms]", 0, { maxSamples: 1000 })).toThrow(
      "too many samples",
    );
  });

  test("a cancelled query stops", () => {
    const cancel = () => {
      throw new QueryError("canceled", "gone");
    };
    const query = "sum_over_time(vector(1)[1d:1s])";
    expect(() => queryInstant(source, query, 0, { checkpoint: cancel })).toThrow("gone");
  });

  test("range vectors and strings have no range", () => {
    expect(() => range(source, "m[5m]", 0, 1, 1)).toThrow(
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    );
    expect(() => range(source, "'a'", 0, 1, 1)).toThrow('invalid expression type "string"');
  });

  test("what was read is counted", () => {
    expect(queryInstant(source, "sum_over_time(m[10s])", 999_000).stats).toEqual({
      samplesRead: 10,
      seriesRead: 1,
    });
  });
});

describe("a range query", () => {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -3, max: 9 }) },
    { weight: 2, arbitrary: fc.constantFrom(0.1, 2.5, Number.NaN, Number.POSITIVE_INFINITY) },
    { weight: 1, arbitrary: fc.constant("stale" as const) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  const oneSeries = fc.tuple(
    fc.constantFrom("up", "requests_total", "lat_bucket", "x:y", "sum"),
    fc.constantFrom("x", "y", ""),
    fc.constantFrom("1", "2", "+Inf", ""),
    fc.array(value, { minLength: 1, maxLength: 20 }),
  );
  const sources = fc.uniqueArray(oneSeries, {
    selector: ([name, job, le]) => `${name},${job},${le}`,
    maxLength: 6,
  });

  test("gives in each step what an instant query gives at its time", { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(sources, expressionText, (series, query) => {
        fc.pre(!/start\(\)|end\(\)|step\(\)/.test(query));
        const source = arraySource(
          series.map(([name, job, le, values]) => seriesOf(name, { job, le }, everySeconds(60, values))),
        );
        const times = [0, 1, 2, 3, 4, 5].map((step) => step * 150_000);
        const instants = times.map((at) => attempt(() => queryInstant(source, query, at)));
        const whole = attempt(() =>
          queryRange(source, query, { startAt: 0, endAt: 750_000, stepMs: 150_000 }),
        );
        if (whole instanceof QueryError || instants.some((found) => found instanceof QueryError)) {
          expect(whole).toBeInstanceOf(QueryError);
          expect(instants.some((found) => found instanceof QueryError)).toBe(true);
          return;
        }
        for (const [step, at] of times.entries()) {
          const found = instants[step];
          if (found === undefined || found instanceof QueryError) continue;
          expect(atStep(whole, at)).toEqual(asSamples(found));
        }
      }),
      { numRuns: 400 },
    );
  });
});

function attempt(run: () => QueryAnswer): QueryAnswer | QueryError {
  try {
    return run();
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
}

function asSamples({ value }: QueryAnswer): unknown {
  if (value.kind === "scalar") return { "{}": rounded(value.value) };
  if (value.kind !== "vector") return value;
  return Object.fromEntries(
    value.samples.map((sample) => [labelsText(sample.labels), rounded(sample.value)]),
  );
}

function atStep({ value }: QueryAnswer, at: number): unknown {
  if (value.kind !== "matrix") return value;
  return Object.fromEntries(
    value.series.flatMap(({ labels, times, values }) => {
      const index = times.indexOf(at);
      return index < 0 ? [] : [[labelsText(labels), rounded(values[index] ?? 0)]];
    }),
  );
}

/** Windows may be summed in another order. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(12)) + 0 : value;
}
