import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelsOf } from "../labels.ts";
import { almostEqual } from "./compare-numbers.ts";
import { parseSeriesLine, parseSeriesName, type SequenceValue } from "./series-line.ts";
import { seriesText } from "./show-result.ts";
import { readStartTimestamps } from "./start-timestamps.ts";

const float = (value: number): SequenceValue => ({ kind: "float", value });
const none: SequenceValue = { kind: "omitted" };
const stale: SequenceValue = { kind: "stale" };

describe("values", () => {
  test.each<[string, SequenceValue[]]>([
    ["1 2", [float(1), float(2)]],
    ["1\t-2.5e3", [float(1), float(-2500)]],
    [".2 +Inf -inf NaN", [float(0.2), float(Infinity), float(-Infinity), float(Number.NaN)]],
    ["_ _x2 1", [none, none, none, float(1)]],
    ["5x2", [float(5), float(5), float(5)]],
    ["0+10x2", [float(0), float(10), float(20)]],
    ["1-1x2", [float(1), float(0), float(-1)]],
    ["-2-3x1", [float(-2), float(-5)]],
    ["0x2", [float(0), float(0), float(0)]],
    ["0x10", Array.from({ length: 11 }, () => float(0))],
    ["stale stalex1", [stale, stale, stale]],
    ["1x0", [float(1)]],
    ["", []],
  ])("%s", (text, expected) => {
    expect(parseSeriesLine(`a ${text}`).values).toEqual(expected);
  });

  test("are added up one after the other, as floats are", () => {
    const { values } = parseSeriesLine("a 0+0.1x3");
    expect(values.at(-1)).toEqual(float(0.1 + 0.1 + 0.1));
  });

  test.each([
    "{{}}",
    "{{schema:1}}x3",
    "{{sum:1 count:2}}+{{sum:1}}x3",
    "{{buckets:[1 2] }}-{{n_buckets:[]}}x1",
  ])("%s is a native histogram", (text) => {
    const { values } = parseSeriesLine(`a 1 ${text} 2`);
    expect(values[0]).toEqual(float(1));
    expect(values.at(-1)).toEqual(float(2));
    expect(new Set(values.slice(1, -1).map(({ kind }) => kind))).toEqual(new Set(["histogram"]));
  });
});

describe("series", () => {
  test.each([
    ["up", [["__name__", "up"]]],
    ["a:b:c{}", [["__name__", "a:b:c"]]],
    [
      "up{job=\"a\", instance='b',}",
      [
        ["__name__", "up"],
        ["job", "a"],
        ["instance", "b"],
      ],
    ],
    ['{__name__="up",job=""}', [["__name__", "up"]]],
    [
      '{"name.with.dots", "label.x"=`v"`}',
      [
        ["__name__", "name.with.dots"],
        ["label.x", 'v"'],
      ],
    ],
    [
      'sum{by="\\x41\\u00e9\\"\\n"}',
      [
        ["__name__", "sum"],
        ["by", 'Aé"\n'],
      ],
    ],
    ["{}", []],
  ] as [string, [string, string][]][])("%s", (text, pairs) => {
    expect(parseSeriesName(text)).toEqual(labelsOf(pairs));
  });

  test("any label set is read back from its text", () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ maxLength: 10 })), (record) => {
        const labels = labelsOf(Object.entries(record));
        expect(parseSeriesName(seriesText(labels)).key).toBe(labels.key);
      }),
    );
  });
});

test("any line is read or refused with a SyntaxError", () => {
  const piece = fc.constantFrom(
    "a",
    "{",
    "}",
    "=",
    '"',
    ",",
    "x",
    "1",
    "+",
    "-",
    "_",
    " ",
    "{{",
    "}}",
    "stale",
    "sum:1",
    "[",
    "]",
    "inf",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
      try {
        parseSeriesLine(pieces.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
    { numRuns: 2_000 },
  );
});

describe("start timestamps", () => {
  test.each([
    ["a@st -1m 0s 30s", [-60_000, 0, 30_000]],
    ["a@st _ _x2 1sx1", [null, null, null, 1000, 1000]],
    ["a@st -2m+1mx2", [-120_000, -60_000, 0]],
    ["a@st 0-1mx1 +1m -59999msx1 -90s-1mx1", [0, -60_000, 60_000, -59_999, -59_999, -90_000, -150_000]],
    ["a@st 1m-30sx1 * *x1", [60_000, 30_000, 30_000, 30_000, 30_000]],
  ])("%s", (line, offsets) => {
    expect(readStartTimestamps(line)).toEqual({ series: "a", offsets });
  });

  test("are no samples", () => {
    expect(readStartTimestamps('a{x="@st 1"} 5')).toBeNull();
    expect(readStartTimestamps("a 5")).toBeNull();
  });
});

describe("numbers count as equal", () => {
  test.each([
    [1, 1.0000001, true],
    [1, 1.00001, false],
    [0, 1e-9, false],
    [0, -0, true],
    [Infinity, Infinity, true],
    [Infinity, -Infinity, false],
    [Infinity, 1, false],
    [Number.NaN, Number.NaN, true],
    [Number.NaN, 1, false],
    [1e300, 1.0000001e300, true],
    [Number.MAX_VALUE, Number.MAX_VALUE * (1 - 1e-8), true],
    [5e-324, 0, true],
  ])("%d and %d: %s", (a, b, expected) => {
    expect(almostEqual(a, b)).toBe(expected);
    expect(almostEqual(b, a)).toBe(expected);
  });
});
