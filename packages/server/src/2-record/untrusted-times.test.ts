import { expect, test } from "vitest";
import { makeEvent } from "../model/test-support/make-event.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { countUntrustedTimes, directionOf } from "./untrusted-times.ts";

const MINUTE_MS = 60_000;

test.each([
  { lagMinutes: 0, told: undefined, is: null },
  { lagMinutes: 10, told: undefined, is: null },
  { lagMinutes: 11, told: undefined, is: "late" },
  { lagMinutes: -11, told: undefined, is: "ahead" },
  { lagMinutes: 3000, told: 0, is: null },
  { lagMinutes: 11, told: 11, is: "behind" },
  { lagMinutes: 3000, told: -11, is: "ahead" },
])(
  "received $lagMinutes min after its time, its clock told to be $told min off: $is",
  ({ lagMinutes, told, is }) => {
    const event = makeEvent("heartbeat", 0);
    const receivedAt = event.at + lagMinutes * MINUTE_MS;
    const clock = told === undefined ? {} : { clockOffsetMs: told * MINUTE_MS };
    expect(directionOf({ ...event, receivedAt, ...clock })).toBe(is);
  },
);

test("they are counted by witness, without our own and those made of counters", () => {
  const selfMetrics = new SelfMetrics();
  const late = { receivedAt: Number.MAX_SAFE_INTEGER };
  countUntrustedTimes(selfMetrics)([
    makeEvent("started", 0, { ...late, witness: "sdk" }),
    makeEvent("failed", 0, { ...late, witness: "sdk" }),
    makeEvent("lost", 0, late),
    makeEvent("completed", 0, { ...late, anonymous: true }),
    makeEvent("completed", 0),
  ]);
  const lines = selfMetrics
    .render()
    .split("\n")
    .filter((line) => line.startsWith("batchwatch_events_untrusted"));
  expect(lines).toEqual(['batchwatch_events_untrusted_time_total{witness="sdk",direction="late"} 2']);
});
