import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseInstant, whyNotPlausible } from "./instant.ts";

describe("parseInstant", () => {
  test.each([
    ["2026-11-23T02:00:00Z", "2026-11-23T02:00:00.000Z"],
    ["2026-11-23T02:00Z", "2026-11-23T02:00:00.000Z"],
    ["2026-11-23T02:00:00.5Z", "2026-11-23T02:00:00.500Z"],
    ["2026-11-23T02:00:00.123456789Z", "2026-11-23T02:00:00.123Z"],
    ["2026-11-23 02:00:00+02:00", "2026-11-23T00:00:00.000Z"],
    ["2026-11-23T02:00:00-0330", "2026-11-23T05:30:00.000Z"],
    ["2026-11-23T02:00:00+02", "2026-11-23T00:00:00.000Z"],
    ["2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(new Date(parseInstant(text)).toISOString()).toBe(iso);
  });

  test.each([
    ["2026-11-23T02:00:00", /no time zone/],
    ["2026-11-23", /ISO 8601/],
    ["2026-02-30T00:00:00Z", /does not exist/],
    ["2026-13-01T00:00:00Z", /does not exist/],
    ["2026-01-01T24:00:00Z", /does not exist/],
    ["yesterday", /ISO 8601/],
    ["1764000000000", /ISO 8601/],
    [Number.NaN, /must be a time/],
  ])("%s is refused", (text, message) => {
    expect(() => parseInstant(text)).toThrow(message);
  });

  test("reads every instant that toISOString writes", () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date("1970-01-01T00:00:00Z"),
          max: new Date("9999-12-31T23:59:59Z"),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});

test.each([
  [0, /before 2010; set the sender's clock/],
  [1_764_000_000, /epoch seconds: send milliseconds/],
  [Date.UTC(2026, 10, 25, 2, 0, 1), /more than 24 h ahead/],
  [Date.UTC(2026, 10, 25, 1, 59), null],
  [Date.UTC(2010, 0, 1), null],
])("plausibility of %d", (at, why) => {
  const said = whyNotPlausible(at, Date.UTC(2026, 10, 24, 2));
  if (why === null) expect(said).toBeNull();
  else expect(said).toMatch(why);
});
