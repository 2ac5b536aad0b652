/** The promise of the meter (DESIGN decision 5.1): a once-a-day job through a year, both changes of DST included. */
import { METRIC_NAMES } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import { increase } from "./test-support/increase.ts";
import { openMeter } from "./test-support/open-meter.ts";

const ZONE = "Europe/Berlin";
const DAY_MS = 86_400_000;
const YEAR = 2026;

interface End {
  at: number;
  isFailure: boolean;
}

/** Mostly one end a night at 02:30 by the clock on the wall, or what there is of it; and the awkward ones. */
function endsOf(day: Temporal.PlainDate): End[] {
  const at = (time: string): number =>
    day.toZonedDateTime({ timeZone: ZONE, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;
  const number = day.dayOfYear;
  if (number % 31 === 0) return [];
  const end = { at: at("02:30:11.250") + (number % 7) * 1_777, isFailure: number % 5 === 0 };
  if (number % 17 === 0) return [end, { at: at("02:30:52"), isFailure: false }];
  if (number % 13 === 0) return [{ at: at("00:00:07"), isFailure: false }];
  if (number % 11 === 0) return [{ at: at("00:00:00"), isFailure: false }];
  if (number % 23 === 0) return [{ at: at("23:59:58"), isFailure: true }];
  return [end];
}

test("increase over each day of a year rounds to the ledger's own count of the same 24 hours", async () => {
  const first = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 });
  const startOf = (day: Temporal.PlainDate): number =>
    day.toZonedDateTime({ timeZone: ZONE }).epochMilliseconds;
  await using house = await openMeter(new Date(startOf(first) - 60_000).toISOString());
  await house.goTo(startOf(first) - 45_000);
  const all: End[] = [];
  for (let day = first; day.year === YEAR; day = day.add({ days: 1 })) {
    for (const end of endsOf(day)) {
      all.push(end);
      // Told when it happens, and the server restarts now and then.
      house.clock.set(end.at);
      await house.say({
        kind: end.isFailure ? "failed" : "completed",
        at: end.at,
        runId: `run-${all.length}`,
        ...(end.isFailure ? { final: true, error: { type: "Timeout" } } : {}),
      });
      await house.goTo(end.at + 1_000);
      if (day.dayOfYear % 10 === 0) await house.restart();
    }
    await house.goTo(startOf(day.add({ days: 1 })) - 1_000);
  }
  await house.goTo(startOf(first.add({ years: 1 })));

  const series = await house.select(METRIC_NAMES.completions);
  expect(series.map(({ labels }) => labels.status).sort()).toEqual(["failure", "success"]);
  const wrong: string[] = [];
  for (let day = first; day.year === YEAR; day = day.add({ days: 1 })) {
    const endAt = startOf(day.add({ days: 1 }));
    for (const { labels, times, values } of series) {
      const grown = Math.round(increase({ times, values }, endAt, DAY_MS) ?? 0);
      const counted = all.filter(
        ({ at, isFailure }) =>
          isFailure === (labels.status === "failure") && at > endAt - DAY_MS && at <= endAt,
      ).length;
      if (grown !== counted) wrong.push(`${day.toString()} ${labels.status}: ${grown}, not ${counted}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(series.reduce((sum, { values }) => sum + (values.at(-1) ?? 0), 0)).toBe(all.length);
}, 60_000);
