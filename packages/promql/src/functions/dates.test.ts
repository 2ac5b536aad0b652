import fc from "fast-check";
import { expect, test } from "vitest";
import { queryInstant } from "../engine.ts";
import { arraySource, seriesOf } from "../test-support/array-source.ts";

function part(query: string, seconds: number): number | undefined {
  const { value } = queryInstant(arraySource([seriesOf("t", {}, [[0, seconds]])]), `${query}(t)`, 0);
  return value.kind === "vector" ? value.samples[0]?.value : undefined;
}

test("the parts of a date are those of the calendar", () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
      const date = new Date(seconds * 1000);
      const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
      if (date.getUTCFullYear() < 100) return;
      expect(part("year", seconds)).toBe(date.getUTCFullYear());
      expect(part("month", seconds)).toBe(date.getUTCMonth() + 1);
      expect(part("day_of_month", seconds)).toBe(date.getUTCDate());
      expect(part("day_of_week", seconds)).toBe(date.getUTCDay());
      expect(part("day_of_year", seconds)).toBe(Math.floor((date.getTime() - yearStart) / 86_400_000) + 1);
      expect(part("hour", seconds)).toBe(date.getUTCHours());
      expect(part("minute", seconds)).toBe(date.getUTCMinutes());
      const next = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
      expect(part("days_in_month", seconds)).toBe(next.getUTCDate());
    }),
    { numRuns: 200 },
  );
});
