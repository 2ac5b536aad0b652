import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LabelMatcher } from "../sample-store.ts";
import { compileMatchers, whyUnsafe } from "./label-matching.ts";

const LABELS = { __name__: "batch_jobs_running", job_name: "daily_etl", note: "a\nb" };

describe("label matchers", () => {
  test.each<[string, LabelMatcher["op"], string, boolean]>([
    ["job_name", "=", "daily_etl", true],
    ["job_name", "=", "daily", false],
    ["job_name", "!=", "daily", true],
    ["job_name", "=~", "daily", false],
    ["job_name", "=~", "daily.*", true],
    ["job_name", "=~", "x|daily_(etl|load)", true],
    ["job_name", "!~", "daily.*", false],
    ["note", "=~", "a.b", true],
    ["missing", "=", "", true],
    ["missing", "!=", "", false],
    ["missing", "=~", ".*", true],
    ["missing", "=~", ".+", false],
    ["missing", "!~", ".+", true],
    ["toString", "=", "", true],
  ])("%s%s%j: %s", (name, op, value, expected) => {
    expect(compileMatchers([{ name, op, value }])(LABELS)).toBe(expected);
  });

  test("all have to hold; none hold for anything", () => {
    expect(compileMatchers([])(LABELS)).toBe(true);
    expect(
      compileMatchers([
        { name: "job_name", op: "=", value: "daily_etl" },
        { name: "job_name", op: "=~", value: "x" },
      ])(LABELS),
    ).toBe(false);
  });

  test.each(["(", "a{2", "[b-a]", "*", "(?<n>a)\\k<n>", "(a)\\1", "(?=a)", "(?<!a)b"])(
    "the expression %s is refused with its label",
    (value) => {
      const compile = () => compileMatchers([{ name: "job_name", op: "=~", value }]);
      if (value === "a{2") expect(compile).not.toThrow();
      else expect(compile).toThrow(/job_name/);
    },
  );
});

describe("expressions that may need long", () => {
  test.each([
    "(a+)+",
    "(a*)*b",
    "(a|aa)+",
    "((a|b)c)*",
    "(?:a+){2,}",
    "(x(y+))+",
    ".*.*.*.*.*",
    "(?:a{1,1000}){1,1000}",
    "a".repeat(2001),
  ])("%s is refused", (pattern) => {
    expect(whyUnsafe(pattern)).not.toBeNull();
  });

  test.each([
    "daily_.*",
    "(a|b)c",
    "(foo|bar)?",
    "(a+)?b",
    "[(+*)]+",
    "\\(a+\\)+",
    "(abc)+",
    "(?:ab){3}",
    ".*etl.*",
    "a.+b.*c",
    "[^)]*",
    "10\\.0\\.\\d{1,3}\\.\\d{1,3}:.*",
  ])("%s may run", (pattern) => {
    expect(whyUnsafe(pattern)).toBeNull();
  });

  test("what may run ends soon on a hostile value", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      ".",
      "a*",
      ".*",
      "a+",
      "(ab)*",
      "(a|b)",
      "[ab]+",
      "(a?)",
      "a{2,9}",
      "(a)?",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const pattern = pieces.join("");
        fc.pre(whyUnsafe(pattern) === null);
        const test_ = compileMatchers([{ name: "v", op: "=~", value: pattern }]);
        // Exponential time would not end in the lifetime of the test.
        test_({ v: `${"a".repeat(60)}!` });
      }),
    );
  });
});
