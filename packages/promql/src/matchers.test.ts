import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { compileMatcher } from "./matchers.ts";
import type { MatchOperator } from "./series-source.ts";

describe("a compiled matcher", () => {
  test.each<[MatchOperator, string, string, boolean]>([
    ["=", "daily_etl", "daily_etl", true],
    ["=", "", "", true],
    ["=", "daily", "daily_etl", false],
    ["!=", "daily", "daily_etl", true],
    ["!=", "", "", false],
    ["=~", "daily", "daily_etl", false],
    ["=~", "daily.*", "daily_etl", true],
    ["=~", "daily.+", "daily", false],
    ["=~", ".*etl", "daily_etl", true],
    ["=~", ".+etl", "etl", false],
    ["=~", ".*a.*", "bab", true],
    ["=~", ".+a.+", "aba", false],
    ["=~", ".+a.+", "aaa", true],
    ["=~", "x|daily_(etl|load)", "daily_load", true],
    ["=~", "(a|b|)", "", true],
    ["=~", "a.b", "a\nb", true],
    ["=~", ".*", "", true],
    ["=~", ".+", "", false],
    ["!~", ".+", "", true],
    ["!~", "daily.*", "daily_etl", false],
    ["=~", "(?i)DAILY", "daily", true],
    ["=~", "\\d+", "42", true],
    ["=~", "^a$", "a", true],
  ])("%s %j of %j: %s", (op, value, text, expected) => {
    expect(compileMatcher({ name: "l", op, value }).matches(text)).toBe(expected);
  });

  test("lists its values where it can", () => {
    const values = (op: MatchOperator, value: string) => compileMatcher({ name: "l", op, value }).values;
    expect(values("=", "a")).toEqual(["a"]);
    expect(values("=~", "a|b|a")).toEqual(["a", "b"]);
    expect(values("=~", "(a|b)")).toEqual(["a", "b"]);
    expect(values("=~", "a.*")).toBeNull();
    expect(values("!=", "a")).toBeNull();
  });

  test("agrees with RE2 whatever way it takes", () => {
    const piece = fc.constantFrom("a", "b", "ab", ".*", ".+", "|", "(", ")", "b|a");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.constantFrom("a", "b", "\n"), { maxLength: 6 }),
        (pieces, letters) => {
          const [pattern, text] = [pieces.join(""), letters.join("")];
          let expected: boolean;
          try {
            expected = RE2JS.compile(pattern, RE2JS.DOTALL).matches(text);
          } catch {
            expect(() => compileMatcher({ name: "l", op: "=~", value: pattern })).toThrow();
            return;
          }
          expect(compileMatcher({ name: "l", op: "=~", value: pattern }).matches(text)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each(["(", "[b-a]", "*", "(a)\\1", "(?=a)", "a{2000}"])("the expression %s is refused", (value) => {
    expect(() => compileMatcher({ name: "job_name", op: "=~", value })).toThrow(
      expect.objectContaining({ kind: "bad_data" }),
    );
  });
});
