import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText, cutText } from "./cut-text.ts";

test("text that fits stays as it is", () => {
  expect(cutText("grüße", 100)).toEqual({ text: "grüße", cut: false });
});

test("long text keeps its beginning and its end, and says how much is missing", () => {
  const { text, cut } = cutText(`begin ${"x".repeat(10_000)} end`, 100);
  expect(cut).toBe(true);
  expect(text).toMatch(/^begin x+\n… 9910 bytes left out …\nx+ end$/);
});

test("never breaks a character, whatever is cut", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 0, maxLength: 300 }),
      fc.integer({ min: 16, max: 200 }),
      (text, limit) => {
        const clean = cleanText(text).replaceAll("\u{fffd}", "?");
        const result = cutText(clean, limit);
        expect(result.text).not.toContain("\u{fffd}");
        if (!result.cut) expect(result.text).toBe(clean);
      },
    ),
  );
});

test("what no database takes is replaced", () => {
  expect(cleanText("a\0b\ud800c")).toBe("a\u{fffd}b\u{fffd}c");
});
