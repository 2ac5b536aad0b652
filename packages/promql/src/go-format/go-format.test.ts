import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationText, parseDuration } from "./duration-text.ts";
import { floatText, parseFloatText, shortFloatText } from "./float-text.ts";
import { isValidUtf8, quote, unquote } from "./quoted-text.ts";

const codePoint = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10ffff }))
  .filter((code) => code < 0xd800 || code > 0xdfff);

describe("quoted text", () => {
  test.each([
    ['"a\\n\\t\\x41\\101\\u00e9\\U0001F980"', "a\n\tAAé🦀"],
    ["'it\\'s \"x\"'", 'it\'s "x"'],
    ["`a\\n`", "a\\n"],
    ['"\\xc3\\xa9"', "é"],
  ])("%s stands for %j", (literal, text) => {
    expect(unquote(literal)).toBe(text);
  });

  test.each(['"a', '"\\q"', '"\\x4"', '"\\400"', '"\\ud800"', "'", '"a"b"', '"a\nb"'])(
    "%j is none",
    (literal) => {
      expect(unquote(literal)).toBeUndefined();
    },
  );

  test("a byte that is no UTF-8 is kept and printed again", () => {
    const text = unquote('"a\\xc5z"') ?? "";
    expect(isValidUtf8(text)).toBe(false);
    expect(quote(text)).toBe('"a\\xc5z"');
  });

  test("printed and read again is the same", () => {
    fc.assert(
      fc.property(fc.array(codePoint), (codes) => {
        const text = String.fromCodePoint(...codes);
        expect(unquote(quote(text))).toBe(text);
      }),
    );
  });
});

describe("floats", () => {
  test.each([
    [0.1, "0.1", "0.1"],
    [1e21, "1000000000000000000000", "1e+21"],
    [1.5e-7, "0.00000015", "1.5e-07"],
    [123456, "123456", "123456"],
    [1234567.891, "1234567.891", "1.234567891e+06"],
    [Number.POSITIVE_INFINITY, "+Inf", "+Inf"],
    [Number.NaN, "NaN", "NaN"],
    [-0, "-0", "-0"],
  ])("%d is %s, in short %s", (value, text, short) => {
    expect(floatText(value)).toBe(text);
    expect(shortFloatText(value)).toBe(short);
  });

  test("printed and read again are the same", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseFloatText(floatText(value))).toBe(value);
        expect(parseFloatText(shortFloatText(value))).toBe(value);
      }),
    );
  });

  test.each(["", "a", "1e", "0x", "1 ", "+", "1_0", "-NaN"])("%j is no float", (text) => {
    expect(parseFloatText(text)).toBeUndefined();
  });
});

describe("durations", () => {
  test.each([
    [0, "0s"],
    [1, "1ms"],
    [90_000, "1m30s"],
    [7 * 86_400_000, "1w"],
    [8 * 86_400_000, "8d"],
    [25 * 3_600_000, "25h"],
    [365 * 86_400_000, "1y"],
    [-300_000, "-5m"],
  ])("%d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test("printed and read again are the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e12 }), (ms) => {
        expect(parseDuration(durationText(ms))).toBe(ms);
      }),
    );
  });

  test.each(["1m1h", "5", "1x", "-1m", "1m1m"])("%s is none", (text) => {
    expect(parseDuration(text)).toEqual({ problem: `not a valid duration string: "${text}"` });
  });
});
