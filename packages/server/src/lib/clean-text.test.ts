import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanJson, cleanText } from "./clean-text.ts";

const dirty = fc.string({
  unit: fc.constantFrom("\0", "\uD800", "\uDC00", "🦀", "a", "\\", "\\u0000", "\\ud800", '"'),
});

describe("clean text", () => {
  test("holds neither NUL nor a lone surrogate, and is otherwise as it was", () => {
    fc.assert(
      fc.property(dirty, (text) => {
        const clean = cleanText(text);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toContain("\0");
        expect(clean).toHaveLength(text.length);
        expect(cleanText(clean)).toBe(clean);
      }),
    );
  });

  test("in JSON is the same as outside, in keys and values, however deep", () => {
    fc.assert(
      fc.property(dirty, fc.integer(), (text, number) => {
        const value = { [text]: [text, { deep: text }, number, null, true] };
        const clean = cleanText(text);
        expect(JSON.parse(cleanJson(value))).toEqual({
          [clean]: [clean, { deep: clean }, number, null, true],
        });
      }),
    );
  });
});
