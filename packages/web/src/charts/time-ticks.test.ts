import { describe, expect, it } from "vitest";
import { timeTicks } from "./time-ticks.ts";

const ticks = (from: string, to: string, zone = "UTC", most = 8) =>
  timeTicks({ from: Date.parse(from), to: Date.parse(to) }, zone, most).map(({ label }) =>
    label.replaceAll("\u00a0", " "),
  );

describe("ticks of an axis of time", () => {
  it("stand at round clock times, and name a new day", () => {
    expect(ticks("2026-11-24T20:10:00Z", "2026-11-25T02:10:00Z")).toEqual([
      "21:00",
      "22:00",
      "23:00",
      "25 Nov",
      "01:00",
      "02:00",
    ]);
  });

  it("stand at round times of the zone, not of UTC", () => {
    expect(ticks("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z", "Asia/Kolkata", 4)).toEqual(
      ["06:00", "12:00", "18:00", "25 Nov"].slice(0, 4),
    );
  });

  it("stay round over a change of DST", () => {
    expect(ticks("2026-10-24T22:00:00Z", "2026-10-25T22:59:00Z", "Europe/Berlin", 5)).toEqual([
      "25 Oct",
      "06:00",
      "12:00",
      "18:00",
    ]);
  });

  it("stay round over the other change of DST", () => {
    expect(ticks("2026-03-28T23:00:00Z", "2026-03-29T21:59:00Z", "Europe/Berlin", 5)).toEqual([
      "29 Mar",
      "06:00",
      "12:00",
      "18:00",
    ]);
  });

  it("are days over weeks", () => {
    expect(ticks("2026-11-01T12:00:00Z", "2026-11-08T12:00:00Z")).toEqual([
      "2 Nov",
      "3 Nov",
      "4 Nov",
      "5 Nov",
      "6 Nov",
      "7 Nov",
      "8 Nov",
    ]);
  });

  it("say seconds in a moment", () => {
    expect(ticks("2026-11-24T10:00:00Z", "2026-11-24T10:00:20Z", "UTC", 4)).toEqual(
      ["10:00:00", "10:00:05", "10:00:10", "10:00:15", "10:00:20"].filter((_, index) => index < 5),
    );
  });
});
