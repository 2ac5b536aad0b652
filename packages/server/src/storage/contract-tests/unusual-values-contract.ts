import { describe, expect, test } from "vitest";
import { cleanText } from "../../lib/clean-text.ts";
import type { RunView } from "../../model/run.ts";
import { EMPTY_WATCH_COMMIT } from "../ledger-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  EMPTY_COMMIT,
  FIRST_PAGE,
  logRecord,
  makeJob,
  makeRun,
  makeRuns,
  newRun,
  runEvent,
  runView,
  T0,
} from "./ledger-fixtures.ts";

const MANY = 40_000;

export function describeUnusualValues(open: OpenStore): void {
  describe("unusual values", () => {
    test.each([
      ["NUL", "a\0b"],
      ["a lone surrogate", "a\uD800b"],
      ["both", "\uDC00\0"],
      ["what looks like an escape", "\\u0000 \\ud800"],
      ["text of many planes", "ä 中 🦀 '\"\\%_;--"],
      ["nothing", ""],
    ])(
      "text with %s is kept, clean, in columns and JSON alike, and found by what was sent",
      async (_name, text) => {
        const store = await open();
        const clean = cleanText(text);
        const job = await makeJob(store, `job ${text}`);
        expect(await makeJob(store, `job ${text}`)).toEqual(job);
        expect(
          (await store.findJob({ namespace: "default", environment: "", jobName: `job ${text}` }))?.id,
        ).toBe(job.id);
        const run = await makeRun(
          store,
          job.id,
          `run ${text}`,
          runView({ errorMessage: text, host: text, metadata: { [`k${text}`]: text } }),
        );
        expect(run).toMatchObject({ errorMessage: clean, host: clean, metadata: { [`k${clean}`]: clean } });
        expect((await store.findRun(job.id, `run ${text}`))?.run.id).toBe(run.id);
        await store.commit({
          ...EMPTY_COMMIT,
          aliases: [{ alias: `x:${text}`, runRef: run.id }],
          events: [
            { runRef: run.id, event: runEvent(job, run.runId, { eventId: `e${text}`, message: text }) },
          ],
          logs: [{ runRef: run.id, log: logRecord(`l${text}`, { body: text }) }],
        });
        expect((await store.findByAliases([`x:${text}`])).map((found) => found.runRowId)).toEqual([run.id]);
        expect(await store.allRunEvents(run.id)).toMatchObject([{ eventId: `e${clean}`, message: clean }]);
        expect((await store.runLogs(run, FIRST_PAGE)).items).toMatchObject([
          { logId: `l${clean}`, body: clean },
        ]);
      },
    );

    test.each<[string, Partial<RunView>]>([
      ["an integer over 2^53", { lastEventAt: 2 ** 53 }],
      ["a number that is none", { durationMs: Number.NaN }],
      ["infinity", { recordsProcessed: Number.POSITIVE_INFINITY }],
    ])("%s is refused, and nothing is written", async (_name, changes) => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const commit = store.commit({
        ...EMPTY_COMMIT,
        runs: [
          newRun(job.id, "good", { tempId: -1 }),
          newRun(job.id, "bad", { tempId: -2, view: runView(changes) }),
        ],
      });
      await expect(commit).rejects.toMatchObject({ code: "INVALID_VALUE", retryable: false });
      expect((await store.listRuns({}, "-startedAt", FIRST_PAGE)).items).toEqual([]);
      expect(await makeRun(store, job.id, "next")).toMatchObject({ runId: "next" });
    });

    test("times before 1970 and large integers are kept exactly", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const view = runView({
        startedAt: -1,
        lastEventAt: Number.MAX_SAFE_INTEGER,
        recordsProcessed: 2 ** 53 - 1,
      });
      expect(await makeRun(store, job.id, "r1", view)).toMatchObject({
        startedAt: -1,
        lastEventAt: Number.MAX_SAFE_INTEGER,
        recordsProcessed: 2 ** 53 - 1,
      });
    });

    test("lists of 40 000 ids are answered in one call, empty lists with nothing", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const runs = await makeRuns(store, [newRun(job.id, "r1"), newRun(job.id, "r2")]);
      const ids = Array.from({ length: MANY }, (_, index) => index + 1);
      const texts = ids.map((id) => `t${id}`);
      expect(await store.getRuns(ids)).toHaveLength(2);
      expect(await store.findRuns(ids.map((id) => ({ jobId: job.id, runId: `r${id}` })))).toHaveLength(2);
      expect(await store.getJobs(ids)).toHaveLength(1);
      expect(await store.findByAliases(texts)).toEqual([]);
      expect((await store.recentRuns(ids, 5)).get(job.id)).toHaveLength(runs.length);
      expect((await store.recentSuccesses(ids, 5)).size).toBe(0);
      expect((await store.countRunningByJobs(ids)).get(job.id)).toBe(2);
      expect((await store.nextSlots(ids, T0)).size).toBe(0);
      expect((await store.recentSlots(ids, T0, 3)).size).toBe(0);
      expect((await store.openJudgementsByJobs(ids)).size).toBe(0);
      expect((await store.openIncidentsByJobs(ids)).size).toBe(0);
      expect((await store.nextDeadlineByJob(ids, ["a"])).size).toBe(0);
      expect(await store.deadlinesFor(texts)).toEqual([]);
      expect((await store.metricStreams(texts)).size).toBe(0);
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, doneDeadlines: ids });

      expect(await store.getJobs([])).toEqual([]);
      expect((await store.openJudgementsByJobs([])).size).toBe(0);
      expect((await store.openIncidentsByJobs([])).size).toBe(0);
      expect(await store.deadlinesFor([])).toEqual([]);
      await store.commit(EMPTY_COMMIT);
      await store.commitWatch(EMPTY_WATCH_COMMIT);
    });

    test("1 000 new runs of one commit get their ids by tempId", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const runs = await makeRuns(
        store,
        Array.from({ length: 1000 }, (_, index) => newRun(job.id, `r${index}`)),
      );
      expect(runs.map((run) => run.runId)).toEqual(Array.from({ length: 1000 }, (_, index) => `r${index}`));
    });
  });
}
