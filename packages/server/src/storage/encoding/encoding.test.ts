import { RUN_EVENT_KINDS, RUN_PHASES, RUN_TYPES, WITNESS_KINDS } from "@batchwatch/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText } from "../../lib/clean-text.ts";
import { spanAlias, traceAlias } from "../../model/identity.ts";
import { OWN_EVENT_KINDS } from "../../model/run-event.ts";
import { makeEvent, TEST_JOB } from "../../model/test-support/make-event.ts";
import { type Codes, eventKindCodes, phaseCodes, runTypeCodes, witnessCodes } from "./codes.ts";
import { eventFromRow, eventRow } from "./event-row.ts";
import { hashKey, isPlainKey, keyText, packAlias, traceIdBytes, traceIdText, unpackAlias } from "./keys.ts";

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const anyText = fc.string({ unit: "binary" });

describe("codes", () => {
  test.each([
    ["phases", phaseCodes as Codes<string>, RUN_PHASES],
    ["run types", runTypeCodes as Codes<string>, RUN_TYPES],
    ["event kinds", eventKindCodes as Codes<string>, [...RUN_EVENT_KINDS, ...OWN_EVENT_KINDS]],
    ["witnesses", witnessCodes as Codes<string>, WITNESS_KINDS],
  ])("of %s are one for each and can be read back", (_name, codes, words) => {
    const numbers = words.map((word) => codes.code(word));
    expect(new Set(numbers).size).toBe(words.length);
    expect(numbers.map((number) => codes.word(number))).toEqual([...words]);
    expect(() => codes.word(999)).toThrow(expect.objectContaining({ code: "CORRUPT" }));
    expect(() => codes.code("no such word")).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }));
  });
});

describe("keys", () => {
  test("of 32 hexadecimal digits are their 16 bytes; other text is hashed to as many", () => {
    fc.assert(
      fc.property(hex(32), (text) => {
        expect(keyText(hashKey(text))).toBe(text);
        expect(isPlainKey(text)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        fc.pre(cleanText(a) !== cleanText(b));
        expect(hashKey(a)).toHaveLength(16);
        expect(keyText(hashKey(a))).not.toBe(keyText(hashKey(b)));
      }),
    );
  });

  test("trace and span ids come back, whatever their text", () => {
    fc.assert(
      fc.property(
        fc.oneof(hex(32), hex(16), hex(8), anyText, fc.constantFrom("x".repeat(8), "ä".repeat(8))),
        (text) => {
          expect(traceIdText(traceIdBytes(text))).toBe(cleanText(text));
        },
      ),
    );
  });

  test("aliases come back, whatever their text, and differ where they differ", () => {
    const alias = fc.oneof(
      fc.tuple(hex(32), hex(16)).map(([traceId, spanId]) => spanAlias(traceId, spanId)),
      hex(32).map(traceAlias),
      anyText,
      fc.constantFrom("span:x/y", "trace:", "s", "t", ":"),
    );
    fc.assert(
      fc.property(alias, alias, (a, b) => {
        expect(unpackAlias(packAlias(a))).toBe(cleanText(a));
        expect(packAlias(a) === packAlias(b)).toBe(cleanText(a) === cleanText(b));
      }),
    );
  });
});

test("of an event's text the beginning is stored: the whole stands in its run's log", () => {
  const event = makeEvent("log", 0, { message: `begin ${"x".repeat(10_000)}` });
  const row = eventRow(1, event, "r1");
  expect(row.detail?.length).toBeLessThan(500);
  expect(eventFromRow(row, { job: TEST_JOB, runId: "r1" }).message).toMatch(/^begin x+…$/);
});
