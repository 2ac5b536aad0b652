import { describe, expect, test } from "vitest";
import type { RunEvent } from "./run-event.ts";
import {
  type Clocks,
  clocksOfEvent,
  joinClocks,
  lastHeard,
  readClocks,
  skewOfWitness,
  skewText,
} from "./sender-clock.ts";
import { makeEvent, T0 } from "./test-support/make-event.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

type Heard = Partial<RunEvent> & { second: number; lagMs: number };

function clocksOf(...heard: Heard[]): Clocks {
  const clocks: Record<string, Clocks[string]> = {};
  for (const { second, lagMs, ...more } of heard) {
    const event = makeEvent("heartbeat", second, { witness: "sdk", ...more });
    for (const [key, facts] of Object.entries(clocksOfEvent({ ...event, receivedAt: event.at + lagMs }))) {
      const known = clocks[key];
      clocks[key] = known === undefined ? facts : joinClocks(known, facts);
    }
  }
  return clocks;
}

const BEHIND = 2 * HOUR_MS;

describe("what proves that a clock is off", () => {
  test.each<{ name: string; heard: Heard[]; skewMs: number | null; lateMs: number | null }>([
    { name: "nothing heard", heard: [], skewMs: null, lateMs: null },
    {
      name: "ahead: received before it happened",
      heard: [{ second: 0, lagMs: -BEHIND }],
      skewMs: BEHIND,
      lateMs: null,
    },
    { name: "ahead, but trusted", heard: [{ second: 0, lagMs: -9 * MINUTE_MS }], skewMs: null, lateMs: null },
    { name: "one lag alone", heard: [{ second: 0, lagMs: BEHIND }], skewMs: null, lateMs: BEHIND },
    {
      name: "the same lag while time passes",
      heard: [
        { second: 0, lagMs: BEHIND + 300 },
        { second: 10, lagMs: BEHIND },
      ],
      skewMs: -BEHIND,
      lateMs: null,
    },
    {
      name: "a backlog, sent at once: as many lags as events",
      heard: [
        { second: 0, lagMs: BEHIND + HOUR_MS },
        { second: 3600, lagMs: BEHIND },
      ],
      skewMs: null,
      lateMs: BEHIND,
    },
    {
      name: "the same lag for days: a replay, no clock",
      heard: [
        { second: 0, lagMs: 50 * HOUR_MS },
        { second: 60, lagMs: 50 * HOUR_MS },
      ],
      skewMs: null,
      lateMs: 50 * HOUR_MS,
    },
    {
      name: "the sender says so",
      heard: [{ second: 0, lagMs: 3 * BEHIND, clockOffsetMs: BEHIND }],
      skewMs: -BEHIND,
      lateMs: null,
    },
    {
      name: "a spool of a right clock, which says so",
      heard: [{ second: 0, lagMs: 3 * BEHIND, clockOffsetMs: 12 }],
      skewMs: null,
      lateMs: null,
    },
    {
      name: "two senders of one wrong clock, one of which can't say",
      heard: [
        { second: 0, lagMs: BEHIND, clockOffsetMs: BEHIND },
        { second: 0, lagMs: BEHIND + 40, witness: "otlp-span" },
      ],
      skewMs: -BEHIND,
      lateMs: null,
    },
    {
      name: "two senders with a clock each: no time of the run can be moved",
      heard: [
        { second: 0, lagMs: BEHIND, clockOffsetMs: BEHIND },
        { second: 0, lagMs: 40, witness: "airflow" },
      ],
      skewMs: null,
      lateMs: null,
    },
    {
      name: "what Batchwatch says itself, or made of counters",
      heard: [
        { second: 0, lagMs: BEHIND, witness: "batchwatch" },
        { second: 0, lagMs: BEHIND, anonymous: true },
      ],
      skewMs: null,
      lateMs: null,
    },
  ])("$name", ({ heard, skewMs, lateMs }) => {
    const view = readClocks(clocksOf(...heard), false, T0);
    expect(view).toEqual({ clockSkewMs: skewMs, reportedLateMs: lateMs, liveOffsetMs: 0, lastHeardAt: T0 });
  });

  test("each witness has its own", () => {
    const clocks = clocksOf(
      { second: 0, lagMs: BEHIND, clockOffsetMs: BEHIND, host: "h1" },
      { second: 0, lagMs: 40, witness: "airflow" },
    );
    expect(["sdk", "airflow", "cli"].map((witness) => skewOfWitness(clocks, witness))).toEqual([
      -BEHIND,
      null,
      null,
    ]);
  });
});

describe("the latest sign of life, by our clock", () => {
  test.each<{ name: string; heard: Heard[]; second: number }>([
    { name: "as it is", heard: [{ second: 30, lagMs: 20 }], second: 30 },
    { name: "of a clock that is behind", heard: [{ second: 30, lagMs: 300_000 }], second: 330 },
    { name: "of a clock that is ahead", heard: [{ second: 330, lagMs: -300_000 }], second: 30 },
    {
      name: "one that came late of a sender heard in time before",
      heard: [
        { second: 0, lagMs: 0 },
        { second: 30, lagMs: 600_000 },
      ],
      second: 30,
    },
    { name: "out of a spool", heard: [{ second: 30, lagMs: HOUR_MS, clockOffsetMs: 5 }], second: 30 },
    {
      name: "of two hosts, one of which is behind",
      heard: [
        { second: 0, lagMs: 300_000, host: "h1" },
        { second: 200, lagMs: 0, host: "h2" },
      ],
      second: 300,
    },
  ])("$name", ({ heard, second }) => {
    expect(lastHeard(clocksOf(...heard), 0).at).toBe(T0 + second * SECOND_MS);
  });
});

test("says which way a clock is off, so that what it is compared with can follow", () => {
  expect(skewText(-BEHIND)).toBe("2 h behind");
  expect(skewText(BEHIND)).toBe("2 h ahead of");
});
