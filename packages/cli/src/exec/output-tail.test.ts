import fc from "fast-check";
import { expect, test } from "vitest";
import { OutputTail } from "./output-tail.ts";

test("keeps what fits", () => {
  const tail = new OutputTail(10);
  tail.write(Buffer.from("0123456789"));
  expect([tail.text(), tail.truncated]).toEqual(["0123456789", false]);
});

test("keeps the end of what does not fit", () => {
  const tail = new OutputTail(4);
  for (const part of ["ab", "cdefg", "h"]) tail.write(Buffer.from(part));
  expect([tail.text(), tail.truncated]).toEqual(["efgh", true]);
});

test("with no room keeps nothing", () => {
  const tail = new OutputTail(0);
  tail.write(Buffer.from("secret"));
  expect(tail.text()).toBe("");
});

test.each([
  ["a\nb\n\n", "b"],
  ["a\rb\r", "b"],
  ["  \n", ""],
  ["", ""],
])("the last line of %j is %j", (text, line) => {
  const tail = new OutputTail(100);
  tail.write(Buffer.from(text));
  expect(tail.lastLine(10)).toBe(line);
});

test("holds the last bytes, whatever they are and however they come", () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(chunks, fc.integer({ min: 0, max: 50 }), (parts, limit) => {
      const tail = new OutputTail(limit);
      for (const part of parts) tail.write(part);
      const all = Buffer.concat(parts);
      const last = all.subarray(Math.max(0, all.length - limit));
      expect(tail.truncated).toBe(all.length > limit);
      expect(last.toString("utf8").endsWith(tail.text())).toBe(true);
      expect(last.length - Buffer.byteLength(tail.text())).toBeLessThanOrEqual(3);
    }),
  );
});

test("begins with a whole character", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.integer({ min: 4, max: 20 }),
      (text, limit) => {
        fc.pre(text.isWellFormed() && !text.includes("\u{fffd}"));
        const tail = new OutputTail(limit);
        tail.write(Buffer.from(text));
        expect(text.endsWith(tail.text())).toBe(true);
      },
    ),
  );
});
