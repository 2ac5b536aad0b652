/**
 * A whole watch for tests: real ledger, real SQLite in memory, a clock that stands still until moved. Times are written
 * as text; time passes from one due deadline to the next, as it does for the running engine.
 */
import type { JobSettings } from "@batchwatch/protocol";
import { Ledger } from "../2-record/ledger/ledger.ts";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import { EMPTY_BATCH } from "../model/intake.ts";
import type { Job } from "../model/job.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { Judgement, Slot } from "../model/watch.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { createWatch, type Watch } from "./create-watch.ts";
import { RUN_DEADLINE_KINDS } from "./detectors/detector.ts";
import { SLOT_DETECTORS } from "./detectors/registry.ts";
import type { WatchOptions } from "./watch-options.ts";

const JOB = { namespace: "default", environment: "", jobName: "daily_etl" };
const KINDS = [
  "judge_run",
  "judge_run_again",
  "fill_slots",
  "fold_incident",
  ...SLOT_DETECTORS.map(({ kind }) => kind),
  ...RUN_DEADLINE_KINDS,
];
/** Nothing in these tests sets itself due more often. */
const MOST_STEPS = 5000;

export type EventText = Pick<RunEvent, "kind"> &
  Partial<Omit<RunEvent, "at" | "run" | "kind" | "scheduledAt" | "startedAt">> & {
    runId?: string;
    /** Of another job than the one that the house is about. */
    jobName?: string;
    at?: string;
    scheduledAt?: string;
    startedAt?: string;
  };

export interface WatchHouse {
  store: LedgerStore;
  clock: ManualClock;
  /** The events that Batchwatch itself said, in order. */
  said: RunEvent[];
  folds: number;
  job(jobName?: string): Promise<Job>;
  declare(settings: Partial<JobSettings>, jobName?: string): Promise<Job>;
  /** At the present time unless `at` says otherwise; judged at once. */
  event(...events: EventText[]): Promise<void>;
  /** Without judging. */
  record(...events: EventText[]): Promise<void>;
  /** Time passes, each deadline looked at when it is due. */
  goTo(time: string): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Kills the watch (and, while time is moved with the clock alone, is down) and starts a new one on the same data. */
  restart(downFrom: string, upAt: string): Promise<void>;
  judgements(): Promise<Judgement[]>;
  /** `type state`, by time. */
  facts(): Promise<string[]>;
  fact(type: string): Promise<Judgement>;
  slots(): Promise<Slot[]>;
  slotAt(time: string): Promise<Slot>;
  close(): Promise<void>;
}

export async function openWatchHouse(
  start: string,
  options: Partial<WatchOptions> = {},
): Promise<WatchHouse> {
  const store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  const clock = new ManualClock(Date.parse(start));
  const feed = new ChangeFeed();
  const ledger = new Ledger({ store, clock, feed });
  const said: RunEvent[] = [];
  let eventCount = 0;
  let watch: Watch;

  const build = async (): Promise<Watch> => {
    const made = createWatch({
      store,
      clock,
      feed,
      selfMetrics: new SelfMetrics(),
      options: { catchUpGraceMs: 0, ...options },
      log: {
        warn: (detail) => Promise.reject(detail.err),
        error: (detail) => Promise.reject(detail.err),
      },
      say: async (event) => {
        said.push(event);
        await ledger.record([{ ...EMPTY_BATCH, events: [event] }]);
      },
    });
    made.engine.register({
      kind: "fold_incident",
      handle: () => {
        house.folds += 1;
        return Promise.resolve({});
      },
    });
    await made.begin();
    return made;
  };

  const toEvent = ({ runId, jobName, at, scheduledAt, startedAt, ...rest }: EventText): RunEvent => {
    eventCount += 1;
    return {
      eventId: `event-${eventCount}`,
      job: { ...JOB, ...(jobName !== undefined && { jobName }) },
      run: { by: "id", runId: runId ?? "run-1" },
      aliases: [],
      at: at === undefined ? clock.now() : Date.parse(at),
      withinMs: 0,
      receivedAt: clock.now(),
      witness: "api",
      ...rest,
      ...(scheduledAt === undefined ? {} : { scheduledAt: Date.parse(scheduledAt) }),
      ...(startedAt === undefined ? {} : { startedAt: Date.parse(startedAt) }),
    };
  };

  const goTo = async (at: number): Promise<void> => {
    for (let step = 0; step < MOST_STEPS; step++) {
      await watch.engine.runDue(clock.now());
      const nextAt = await store.nextDeadlineAt(KINDS);
      if (nextAt === null || nextAt > at) break;
      // Due already but left alone: held back by the catch-up grace.
      clock.set(nextAt > clock.now() ? nextAt : Math.min(at, clock.now() + 1000));
      if (clock.now() === at) break;
    }
    clock.set(at);
    await watch.engine.runDue(at);
  };

  const house: WatchHouse = {
    store,
    clock,
    said,
    folds: 0,
    async job(jobName = JOB.jobName) {
      const [job] = await store.ensureJobs([{ ...JOB, jobName, createdBy: "inferred", at: clock.now() }]);
      if (job === undefined) throw new Error("no job");
      return job;
    },
    async declare(settings, jobName) {
      const { id } = await house.job(jobName);
      const job = await store.setJobSettings(id, "declared", settings, clock.now());
      ledger.forget();
      await watch.engine.runDue(clock.now());
      return job;
    },
    async event(...events) {
      await house.record(...events);
      await watch.engine.runDue(clock.now());
    },
    async record(...events) {
      await ledger.record([{ ...EMPTY_BATCH, events: events.map(toEvent) }]);
    },
    goTo: (time) => goTo(Date.parse(time)),
    pass: (ms) => goTo(clock.now() + ms),
    async restart(downFrom, upAt) {
      await goTo(Date.parse(downFrom));
      await watch.stop();
      clock.set(Date.parse(upAt));
      watch = await build();
      await watch.engine.runDue(clock.now());
    },
    async judgements() {
      const job = await house.job();
      const runs = await store.listRuns({ jobId: job.id }, "startedAt", { limit: 1000, cursor: null });
      const subjects = [
        ...runs.items.map((run) => `run:${run.id}`),
        ...(await house.slots()).map((slot) => `slot:${slot.id}`),
      ];
      const all = await Promise.all(subjects.map((subject) => store.judgementsOfSubject(subject)));
      return all.flat().sort((a, b) => a.at - b.at || (a.type < b.type ? -1 : 1));
    },
    async facts() {
      return (await house.judgements()).map(({ type, state }) => `${type} ${state}`);
    },
    async fact(type) {
      const found = (await house.judgements()).filter((judgement) => judgement.type === type);
      const [only] = found;
      if (only === undefined || found.length > 1) throw new Error(`${found.length} facts of type ${type}`);
      return only;
    },
    async slots() {
      const job = await house.job();
      return store.slotsBetween(job.id, 0, Number.MAX_SAFE_INTEGER);
    },
    async slotAt(time) {
      const slot = (await house.slots()).find(({ slotAt }) => slotAt === Date.parse(time));
      if (slot === undefined) throw new Error(`no slot at ${time}`);
      return slot;
    },
    async close() {
      await watch.stop();
      await store.close();
    },
  };
  watch = await build();
  return house;
}

export function cronSchedule(cron: string, timezone = "UTC"): JobSettings["schedule"] {
  return { kind: "cron", cron, seconds: false, timezone, earlyWindowMs: null, lateWindowMs: null };
}
