/** The meter's verbs: what went into series is marked in the commit that changed them. */
import { expect, test } from "vitest";
import type { MeterSeries } from "../../model/meter.ts";
import type { PushGroup } from "../../model/push-group.ts";
import { EMPTY_WATCH_COMMIT } from "../ledger-store.ts";
import { EMPTY_METER_COMMIT, type NativeIncrementWrite } from "../meter-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  completedView,
  EMPTY_COMMIT,
  judgement,
  MINUTE,
  makeJob,
  makeRun,
  rewrite,
  runView,
  T0,
} from "./ledger-fixtures.ts";

function series(jobId: number, value: number, labels: Record<string, string>): MeterSeries {
  return {
    jobId,
    family: "batch_job_completions_total",
    labels,
    state: { kind: "counter", value },
    createdAt: T0,
    changedAt: T0 + value,
  };
}

function increment(jobId: number, at: number): NativeIncrementWrite {
  return {
    jobId,
    family: "batch_job_completions_total",
    labels: { job_name: "daily_etl", status: "success" },
    instanceId: "process",
    fromAt: at - MINUTE,
    at,
    isFirst: true,
    change: { kind: "add", amount: 2 },
  };
}

export function describeMeter(open: OpenStore): void {
  test("a meter series is one row for each family and label set, whatever the order of its labels", async () => {
    const store = await open();
    const { id } = await makeJob(store, "daily_etl");
    await store.commitMeter({ ...EMPTY_METER_COMMIT, series: [series(id, 1, { a: "1", b: "2" })] });
    await store.commitMeter({
      ...EMPTY_METER_COMMIT,
      series: [series(id, 2, { b: "2", a: "1" }), series(id, 5, { a: "1" })],
      writtenUntil: T0,
    });
    expect(await store.meterSeries()).toEqual([series(id, 2, { a: "1", b: "2" }), series(id, 5, { a: "1" })]);
    expect(await store.meterWrittenUntil()).toBe(T0);
  });

  test("a closed run is metered once, and again looked at after it changed", async () => {
    const store = await open();
    const job = await makeJob(store, "daily_etl");
    await makeRun(store, job.id, "open", runView());
    const run = await makeRun(store, job.id, "closed", completedView(T0, MINUTE));
    expect((await store.runsToMeter(0, 10)).map((each) => [each.run.runId, each.meteredPhase])).toEqual([
      ["closed", null],
    ]);
    expect(await store.runsToMeter(run.id, 10)).toEqual([]);
    await store.commitMeter({
      ...EMPTY_METER_COMMIT,
      meteredRuns: [{ id: run.id, version: run.version, phase: "completed", counted: "completed" }],
    });
    expect(await store.runsToMeter(0, 10)).toEqual([]);
    await store.commit({ ...EMPTY_COMMIT, runs: [rewrite(run, { phase: "failed", final: true })] });
    expect((await store.runsToMeter(0, 10)).map((each) => [each.run.phase, each.meteredPhase])).toEqual([
      ["failed", "completed"],
    ]);
    expect((await store.openRuns(0, 10)).map(({ runId }) => runId)).toEqual(["open"]);
    expect((await store.runsEndedIn(job.id, T0, T0 + MINUTE)).map(({ run: { runId } }) => runId)).toEqual([
      "closed",
    ]);
    expect(await store.runsEndedIn(job.id, T0 + MINUTE, T0 + 2 * MINUTE)).toEqual([]);
  });

  test("a run that another turns out to be is not metered again with it", async () => {
    const store = await open();
    const job = await makeJob(store, "daily_etl");
    const counted = await makeRun(store, job.id, "anonymous", completedView(T0, MINUTE));
    const named = await makeRun(store, job.id, "named", completedView(T0, MINUTE));
    await store.commitMeter({
      ...EMPTY_METER_COMMIT,
      meteredRuns: [{ id: counted.id, version: counted.version, phase: "completed", counted: "completed" }],
    });
    await store.commit({
      ...EMPTY_COMMIT,
      runs: [rewrite(named, {})],
      merges: [{ fromId: counted.id, intoRef: named.id }],
    });
    expect((await store.runsToMeter(0, 10)).map((each) => [each.run.runId, each.meteredPhase])).toEqual([
      ["named", "completed"],
    ]);
  });

  test("judgements and what jobs tell of themselves wait until they are counted", async () => {
    const store = await open();
    const job = await makeJob(store, "daily_etl");
    await store.commitWatch({ ...EMPTY_WATCH_COMMIT, judgements: [judgement(job.id, "run:1")] });
    await store.commit({
      ...EMPTY_COMMIT,
      nativeIncrements: [increment(job.id, T0), increment(job.id, T0 + MINUTE)],
    });
    const [waiting] = await store.judgementsToMeter(10);
    const [first, second] = await store.incrementsToMeter(10);
    expect(first).toMatchObject({ ...increment(job.id, T0), claimed: 0, applied: false });
    await store.commitMeter({
      ...EMPTY_METER_COMMIT,
      meteredJudgements: [waiting?.id ?? 0],
      appliedIncrements: [first?.id ?? 0],
      claims: [{ id: second?.id ?? 0, runs: 1 }],
    });
    expect(await store.judgementsToMeter(10)).toEqual([]);
    expect((await store.judgementsIn(job.id, 0, T0 + 1000 * MINUTE)).length).toBe(1);
    expect((await store.incrementsToMeter(10)).map(({ at, claimed }) => [at, claimed])).toEqual([
      [T0 + MINUTE, 1],
    ]);
    expect((await store.nativeIncrements(job.id, T0, T0)).map(({ at }) => at)).toEqual([T0, T0 + MINUTE]);
    expect(await store.nativeFamilies(T0)).toEqual([
      { jobId: job.id, family: "batch_job_completions_total", lastAt: T0 + MINUTE },
    ]);
    expect(await store.prune("metricStreams", T0 + 2 * MINUTE, 10)).toBe(1);
  });

  test("a pushed group is replaced by its key, and dropped", async () => {
    const store = await open();
    const group: PushGroup = {
      key: "default\u{1}job\u{ff}a",
      namespace: "default",
      labels: { job: "a" },
      families: [
        { name: "m", type: "gauge", help: "h", samples: [{ name: "m", labels: { job: "a" }, value: "NaN" }] },
      ],
      pushedAt: T0,
      failedAt: 0,
    };
    await store.savePushGroup(group);
    await store.savePushGroup({ ...group, failedAt: T0 + 1 });
    expect(await store.pushGroups()).toEqual([{ ...group, failedAt: T0 + 1 }]);
    await store.dropPushGroup("another");
    await store.dropPushGroup(group.key);
    expect(await store.pushGroups()).toEqual([]);
  });

  test("jobs with runs that were counted as lost are known", async () => {
    const store = await open();
    const job = await makeJob(store, "daily_etl");
    const run = await makeRun(store, job.id, "gone", completedView(T0, MINUTE, { phase: "lost" }));
    expect(await store.jobsWithLostRuns(T0)).toEqual(new Set());
    const mark = { id: run.id, version: run.version, phase: "lost", counted: "lost" } as const;
    await store.commitMeter({ ...EMPTY_METER_COMMIT, meteredRuns: [mark] });
    expect(await store.jobsWithLostRuns(T0)).toEqual(new Set([job.id]));
    expect(await store.jobsWithLostRuns(T0 + MINUTE)).toEqual(new Set());
  });

  test("the next deadline of each job is the earliest of the kinds asked for", async () => {
    const store = await open();
    const job = await makeJob(store, "daily_etl");
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      setDeadlines: [
        { kind: "slot_late", subject: "slot:1", jobId: job.id, dueAt: T0 + 2 },
        { kind: "slot_late", subject: "slot:2", jobId: job.id, dueAt: T0 + 1 },
        { kind: "judge_run", subject: "run:1", jobId: job.id, dueAt: T0 },
      ],
    });
    expect(await store.nextDeadlineTimes(["slot_late"])).toEqual(new Map([[job.id, T0 + 1]]));
  });
}
