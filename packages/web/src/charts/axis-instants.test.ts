import { describe, expect, it } from "vitest";
import { axisInstants } from "./axis-instants.ts";

const labels = (...times: string[]) =>
  axisInstants(
    times.map((time) => Date.parse(time)),
    "UTC",
  ).map((label) => label.replaceAll("\u00a0", " "));

describe("instants along an axis", () => {
  it("leave the day out within one day", () => {
    expect(labels("2026-11-24T10:00Z", "2026-11-24T11:00Z")).toEqual(["10:00", "11:00"]);
  });

  it("say the day where there are several", () => {
    expect(labels("2026-11-23T23:00Z", "2026-11-24T11:00Z")).toEqual(["23 Nov 23:00", "24 Nov 11:00"]);
  });

  it("say seconds where two are of one minute, and nothing twice", () => {
    expect(labels("2026-11-24T10:00:01Z", "2026-11-24T10:00:30Z", "2026-11-24T10:00:30.5Z")).toEqual([
      "10:00:01",
      "10:00:30",
      "",
    ]);
  });

  it("are none of none", () => {
    expect(axisInstants([], "UTC")).toEqual([]);
  });
});
