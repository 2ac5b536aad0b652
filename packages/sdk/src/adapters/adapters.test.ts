import { Cron } from "croner";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RecordedSignals, recordSignals } from "../testing/record-signals.ts";
import { bullmqProcessor } from "./bullmq.ts";
import { cronRun } from "./cron.ts";

let signals: RecordedSignals;
beforeEach(() => {
  signals = recordSignals();
});
afterEach(() => signals.stop());

describe("a BullMQ processor", () => {
  const job = {
    id: "7",
    name: "monthly",
    queueName: "reports",
    timestamp: Date.now() - 3_000,
    attemptsMade: 0,
    opts: { attempts: 3 },
    data: { month: 11 },
  };

  test("is a run of the queue's job: its try, its wait, its result", async () => {
    const processor = bullmqProcessor<typeof job, number>({ type: "report" }, (given, run) => {
      run.processed(2);
      return given.data.month;
    });
    expect(await processor(job, "token")).toBe(11);
    expect(signals.event("started")).toMatchObject({
      "batch.job.name": "reports.monthly",
      "batch.job.id": "reports:7",
      "batch.job.attempt": 1,
      "batch.job.max_attempts": 3,
    });
  });

  test.for([
    [0, new Error("again"), false],
    [2, new Error("the last"), true],
    [0, Object.assign(new Error("never again"), { name: "UnrecoverableError" }), true],
  ] as const)("after %s tries, %s: final %s", async ([attemptsMade, error, isFinal]) => {
    const processor = bullmqProcessor<typeof job, never>({}, () => {
      throw error;
    });
    await expect(processor({ ...job, attemptsMade })).rejects.toBe(error);
    expect(signals.event("failed")["batch.job.final"]).toBe(isFinal);
  });
});

describe("a scheduler's callback", () => {
  test("croner: the time that it was called for, and its schedule", async () => {
    let answer: Promise<string> | undefined;
    const callback = cronRun("nightly", { type: "etl" }, () => "done");
    const cron = new Cron("0 2 * * *", { paused: true, timezone: "Europe/Berlin" }, (self: Cron) => {
      answer = callback(self);
    });
    await cron.trigger();
    expect(await answer).toBe("done");
    cron.stop();
    const started = signals.event("started");
    expect(started["batch.job.scheduled_at"]).toMatch(/\.000Z$/);
    expect(JSON.parse(String(started["batch.job.settings"]))).toEqual({
      schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" },
    });
  });

  test.for([
    ["node-cron 4", { date: new Date("2026-11-23T02:00:00.017Z") }],
    ["node-cron 3", new Date("2026-11-23T02:00:00.017Z")],
  ] as const)("%s", async ([, trigger]) => {
    await cronRun("nightly", {}, () => {})(trigger);
    expect(signals.event("started")).toMatchObject({
      "batch.job.scheduled_at": "2026-11-23T02:00:00.000Z",
      "batch.job.run_type": "scheduled",
    });
  });

  test("called by hand: no slot", async () => {
    await cronRun("nightly", {}, () => {})("manual");
    expect(signals.event("started")).not.toHaveProperty("batch.job.scheduled_at");
  });
});
