import { isStaleAt } from "@batchwatch/promql";
import { METRIC_NAMES } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import { NIGHTLY, openMeter } from "./test-support/open-meter.ts";

const T = "2026-03-02T02:00:00.000Z";
const AT = Date.parse(T);
const DAY = 86_400_000;

function pairs({ times, values }: { times: Float64Array; values: Float64Array }): [number, number][] {
  return Array.from(times, (at, index) => [(at - AT) / 1000, values[index] ?? 0]);
}

describe("the meter", () => {
  test("begins a counter with a zero point an interval before its first increment, which stands at the run's end", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "started", at: AT + 1_000 });
    await house.goTo(AT + 15_000);
    house.clock.set(AT + 22_000);
    await house.say({ kind: "completed", at: AT + 21_000 });
    await house.goTo(AT + 30_000);
    await house.goTo(AT + 45_000);
    const series = await house.series(METRIC_NAMES.completions);
    expect(series.labels).toEqual({
      __name__: "batch_job_completions_total",
      job_name: "nightly_load",
      status: "success",
    });
    expect(pairs(series)).toEqual([
      [6, 0],
      [20.999, 0],
      [21, 1],
      [30, 1],
      [45, 1],
    ]);
  });

  test("puts a run into every bucket that its duration fits, those of a declared maximum included", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "started", at: AT, jobSettings: { maxDurationMs: 45_000 } });
    house.clock.set(AT + 42_000);
    await house.say({ kind: "completed", at: AT + 42_000 });
    await house.goTo(AT + 45_000);
    const last = async (le: string): Promise<number> => {
      const { values } = await house.series(`${METRIC_NAMES.duration}_bucket`, { le });
      return values.at(-1) ?? Number.NaN;
    };
    expect(await Promise.all(["30", "45", "60", "172800", "+Inf"].map(last))).toEqual([0, 1, 1, 1, 1]);
    expect((await house.series(`${METRIC_NAMES.duration}_sum`)).values.at(-1)).toBe(42);
    expect((await house.series(`${METRIC_NAMES.duration}_count`)).values.at(-1)).toBe(1);
  });

  test("counts on after a restart, and neither loses nor doubles what a crash interrupted", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "completed", at: AT + 1_000, startedAt: AT });
    await house.goTo(AT + 15_000);
    await house.say({ kind: "completed", at: AT + 16_000, runId: "run-2" });
    // The samples are stored, and then the process dies before the commit.
    const commit = house.store.commitMeter;
    house.store.commitMeter = () => Promise.reject(new Error("killed"));
    await expect(house.goTo(AT + 30_000)).rejects.toThrow("killed");
    house.store.commitMeter = commit;
    await house.restart();
    await house.say({ kind: "completed", at: AT + 31_000, runId: "run-3" });
    await house.goTo(AT + 60_000);
    const { times, values } = await house.series(METRIC_NAMES.completions);
    expect(values.at(-1)).toBe(3);
    expect([...values].every((value, index) => value >= (values[index - 1] ?? 0))).toBe(true);
    expect(await house.increased(METRIC_NAMES.completions, {}, times.at(-1) ?? 0, DAY)).toBe(3);
  });

  test("writes what it missed while it was down at the times at which it happened", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "completed", at: AT + 1_000 });
    await house.goTo(AT + 15_000);
    await house.restart();
    house.clock.set(AT + 3 * DAY);
    for (const day of [1, 2])
      await house.say({ kind: "completed", at: AT + day * DAY + 5_000, runId: `run-${day + 1}` });
    await house.goTo(AT + 3 * DAY);
    for (const day of [1, 2])
      expect(await house.increased(METRIC_NAMES.completions, {}, AT + day * DAY + 3_600_000, DAY / 2)).toBe(
        1,
      );
    expect(await house.increased(METRIC_NAMES.completions, {}, AT + 3 * DAY, 3 * DAY - 20_000)).toBe(2);
  });

  test("takes a run that is told a little late with the next tick, so that rules see it", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "completed", at: AT + 1_000 });
    await house.goTo(AT + 60_000);
    await house.say({ kind: "completed", at: AT + 5_000, runId: "late" });
    await house.goTo(AT + 75_000);
    expect(pairs(await house.series(METRIC_NAMES.completions)).slice(-3)).toEqual([
      [60, 1],
      [74.999, 1],
      [75, 2],
    ]);
  });

  test("writes history into its place: it is no news", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "completed", at: AT + 1_000 });
    await house.goTo(AT + 15_000);
    for (const day of [3, 50])
      await house.say({
        kind: "completed",
        at: AT - day * DAY,
        startedAt: AT - day * DAY - 42_000,
        runId: `imported-${day}`,
      });
    await house.goTo(AT + 30_000);
    await house.goTo(AT + 45_000);
    const { completions, duration } = METRIC_NAMES;
    expect((await house.series(completions)).values.at(-1)).toBe(3);
    expect(await house.increased(completions, {}, AT + 45_000, 3_600_000)).toBe(1);
    for (const day of [3, 50]) {
      const dayEnd = AT - day * DAY + DAY / 2;
      expect(await house.increased(completions, {}, dayEnd, DAY)).toBe(1);
      expect(await house.increased(completions, {}, dayEnd + DAY, DAY)).toBe(0);
      expect(await house.increased(`${duration}_bucket`, { le: "60" }, dayEnd, DAY)).toBe(1);
      expect(await house.increased(`${duration}_bucket`, { le: "30" }, dayEnd, DAY)).toBe(0);
    }
    const { values } = await house.series(completions);
    expect([...values].every((value, index) => value >= (values[index - 1] ?? 0))).toBe(true);
  });

  test("says a correction and does not count the run again", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "started" }, { kind: "lost", at: AT + 5_000, witness: "batchwatch" });
    await house.goTo(AT + 15_000);
    await house.say({ kind: "completed", at: AT + 20_000 });
    await house.goTo(AT + 30_000);
    const completions = await house.series(METRIC_NAMES.completions);
    expect([completions.labels.status, completions.labels.error_type, completions.values.at(-1)]).toEqual([
      "failure",
      "lost",
      1,
    ]);
    const corrections = await house.series(METRIC_NAMES.corrections);
    expect([corrections.labels.counted, corrections.labels.real, corrections.values.at(-1)]).toEqual([
      "lost",
      "completed",
      1,
    ]);
    expect((await house.series(METRIC_NAMES.lastSuccess)).values.at(-1)).toBe((AT + 20_000) / 1000);
  });

  test("takes the last failure back when it was none", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "failed", at: AT + 1_000, runId: "earlier", final: true });
    await house.say(
      { kind: "started", at: AT + 2_000 },
      { kind: "lost", at: AT + 5_000, witness: "batchwatch" },
    );
    await house.goTo(AT + 15_000);
    const last = async () => (await house.series(METRIC_NAMES.lastFailure)).values.at(-1);
    expect(await last()).toBe((AT + 2_000) / 1000);
    await house.say({ kind: "completed", at: AT + 3_000 });
    await house.goTo(AT + 30_000);
    expect(await last()).toBe((AT + 1_000) / 1000);
    // Restarts and rebuilds leave it so.
    await house.restart();
    await house.goTo(AT + 45_000);
    const job = await house.store.findJob(NIGHTLY);
    if (job !== null) await house.meter.rebuild(job, AT - 1);
    expect(await last()).toBe((AT + 1_000) / 1000);
    await house.say({ kind: "failed", at: AT + 50_000, runId: "later", final: true });
    await house.goTo(AT + 60_000);
    expect(await last()).toBe((AT + 50_000) / 1000);
  });

  test("judges heartbeats of a clock that is behind by its own", async () => {
    await using house = await openMeter(T);
    const behind = 30 * 60_000;
    await house.goTo(AT);
    await house.say({ kind: "started", at: AT - behind });
    for (const second of [5, 20, 35]) {
      await house.goTo(AT + second * 1000);
      await house.say({ kind: "heartbeat", heartbeatIntervalMs: 15_000, at: AT - behind + second * 1000 });
    }
    await house.goTo(AT + 45_000);
    const { values } = await house.series(METRIC_NAMES.heartbeat);
    expect([...values]).toEqual([1, 1, 1]);
    expect((await house.series(METRIC_NAMES.runningSince)).values.at(-1)).toBe(AT / 1000);
    await house.goTo(AT + 150_000);
    expect((await house.series(METRIC_NAMES.heartbeat)).values.at(-1)).toBe(0);
  });

  test("counts what is so now, also in hindsight", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "queued", at: AT + 1_000 });
    await house.goTo(AT + 15_000);
    await house.say({ kind: "started", at: AT + 16_000 });
    house.clock.set(AT + 90_000);
    await house.say({ kind: "completed", at: AT + 50_000 });
    await house.goTo(AT + 90_000);
    const running = pairs(await house.series(METRIC_NAMES.running));
    expect(running.filter(([, value]) => value === 1).map(([at]) => at)).toEqual([30, 45]);
    expect(running.at(-1)).toEqual([90, 0]);
    const queued = pairs(await house.series(METRIC_NAMES.queued));
    expect(queued.filter(([, value]) => value === 1).map(([at]) => at)).toEqual([15]);
  });

  test("ends the gauges of a run with a stale marker", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "started" }, { kind: "heartbeat", heartbeatIntervalMs: 10_000, at: AT + 1_000 });
    await house.goTo(AT + 15_000);
    await house.goTo(AT + 75_000);
    await house.say({ kind: "completed", at: AT + 80_000 });
    await house.goTo(AT + 90_000);
    await house.goTo(AT + 105_000);
    const { labels, times, values } = await house.series(METRIC_NAMES.heartbeat);
    expect(labels).toMatchObject({ job_id: "run-1", job_name: "nightly_load" });
    expect(Array.from(times, (at) => (at - AT) / 1000)).toEqual([15, 30, 45, 60, 75, 90]);
    expect([...values.subarray(0, 5)]).toEqual([1, 1, 1, 1, 0]);
    expect(isStaleAt(values, 5)).toBe(true);
  });

  test("bounds the runs that have gauges of their own", async () => {
    await using house = await openMeter(T, { options: { runGauges: 2 } });
    await house.goTo(AT);
    for (const runId of ["a", "b", "c"])
      await house.say({ kind: "started", runId }, { kind: "heartbeat", runId });
    await house.goTo(AT + 15_000);
    expect(await house.select(METRIC_NAMES.heartbeat)).toHaveLength(2);
    expect(house.selfMetrics.render()).toContain("batchwatch_meter_run_gauges_left_out 1");
  });

  test("names the namespace and the environment where they are not the default", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    const job = { namespace: "finance", environment: "staging", jobName: "nightly_load" };
    await house.say({ kind: "completed", job, jobType: "etl" });
    await house.goTo(AT + 15_000);
    expect((await house.series(METRIC_NAMES.completions)).labels).toMatchObject({
      namespace: "finance",
      environment: "staging",
      job_type: "etl",
    });
  });

  test("lets a backfill count and turn no freshness green", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "completed", runType: "backfill", records: { processed: 7 } });
    await house.goTo(AT + 15_000);
    expect((await house.series(METRIC_NAMES.completions)).values.at(-1)).toBe(1);
    expect((await house.series(METRIC_NAMES.recordsProcessed)).values.at(-1)).toBe(7);
    expect(await house.select(METRIC_NAMES.lastSuccess)).toEqual([]);
  });

  test("keeps error types from making series without end", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    for (let count = 0; count < 60; count++)
      await house.say({ kind: "failed", runId: `r${count}`, final: true, error: { type: `E${count}` } });
    await house.goTo(AT + 15_000);
    const found = await house.select(METRIC_NAMES.completions);
    expect(found).toHaveLength(51);
    expect(found.find(({ labels }) => labels.error_type === "other")?.values.at(-1)).toBe(10);
  });
});
