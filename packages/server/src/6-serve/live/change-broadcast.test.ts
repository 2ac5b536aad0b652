import type { RunPhase } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChangeFeed } from "../../lib/change-feed.ts";
import { ChangeBroadcast, type NumberedMessage, WINDOW_MS } from "./change-broadcast.ts";

const JOB = { namespace: "default", environment: "", jobName: "daily_etl" };

describe("changes for browsers", () => {
  let feed: ChangeFeed;
  let broadcast: ChangeBroadcast;
  let heard: NumberedMessage[];

  beforeEach(() => {
    vi.useFakeTimers();
    feed = new ChangeFeed();
    broadcast = new ChangeBroadcast(feed);
    heard = [];
    broadcast.read((message) => heard.push(message));
  });
  afterEach(() => {
    broadcast.stop();
    vi.useRealTimers();
  });

  const run = (runId: string, phase: RunPhase = "running") =>
    feed.publish({ topic: "run", jobId: 1, job: JOB, runRowId: 1, runId, phase });

  test("the first change of a run is told at once", () => {
    run("a");
    expect(heard).toEqual([{ id: 1, message: { topic: "run", ...JOB, runId: "a", phase: "running" } }]);
  });

  test("at most four a second for one run, and the last one always arrives", () => {
    for (let ms = 0; ms < 1000; ms += 10) {
      run("a", ms < 990 ? "running" : "completed");
      vi.advanceTimersByTime(10);
    }
    expect(heard.length).toBeLessThanOrEqual(4);
    vi.advanceTimersByTime(WINDOW_MS);
    expect(heard.at(-1)?.message.phase).toBe("completed");
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  test("one busy run does not hold another up", () => {
    run("a");
    run("a");
    run("b");
    expect(heard.map(({ message }) => message.runId)).toEqual(["a", "b"]);
  });

  test("a quiet feed keeps no timer", () => {
    run("a");
    vi.advanceTimersByTime(2 * WINDOW_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what concerns the engines only is not told", () => {
    feed.publish({ topic: "deadlines" });
    feed.publish({ topic: "deliveries" });
    feed.publish({ topic: "incident", jobId: 1, job: JOB, incidentId: 7 });
    feed.publish({ topic: "job", jobId: 1, job: JOB });
    expect(heard.map(({ message }) => message.topic)).toEqual(["incident", "job"]);
    expect(heard[0]?.message.incidentId).toBe("7");
  });

  test("hands on what was missed, as long as it is kept", () => {
    for (let index = 0; index < 10; index++) run(`run-${index}`);
    expect(broadcast.since(7)?.map(({ id }) => id)).toEqual([8, 9, 10]);
    expect(broadcast.since(10)).toEqual([]);
    expect(broadcast.since(11)).toBeNull();
    for (let index = 0; index < 3000; index++) run(`more-${index}`);
    expect(broadcast.since(7)).toBeNull();
    expect(broadcast.since(3000)).toHaveLength(10);
  });

  test("after the stop nothing is told", () => {
    broadcast.stop();
    run("a");
    expect(heard).toEqual([]);
  });
});
