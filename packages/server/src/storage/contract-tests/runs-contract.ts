import type { RunPhase } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import { spanAlias, traceAlias, unnamedRunId } from "../../model/identity.ts";
import { EMPTY_FACTS } from "../../model/run-facts.ts";
import { EMPTY_WATCH_COMMIT, VersionConflictError } from "../ledger-store.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  allPages,
  completedView,
  EMPTY_COMMIT,
  FIRST_PAGE,
  incident,
  judgement,
  MINUTE,
  makeJob,
  makeRun,
  makeRuns,
  newRun,
  rewrite,
  runEvent,
  runView,
  slot,
  T0,
  TRACE,
} from "./ledger-fixtures.ts";

const SPAN = "b7ad6b7169203331";

export function describeRuns(open: OpenStore): void {
  describe("runs", () => {
    test("come back as they were written, ordinary or not", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const views = [
        runView(),
        runView({ startedAt: null, phase: "scheduled", scheduledAt: T0, witnesses: [] }),
        completedView(T0, 1234.5, { recordsProcessed: 10.5, recordsFailed: 0, totalMs: 7, queueWaitMs: 3 }),
        runView({
          phase: "failed",
          final: false,
          degraded: true,
          conflict: true,
          anonymous: true,
          errorType: "ValueError",
          errorMessage: "no rows",
          exitCode: 3,
          signal: "SIGKILL",
          retryCount: 1,
          attempts: [
            {
              number: 2,
              phase: "failed",
              startedAt: T0,
              endedAt: T0 + 1,
              errorType: "ValueError",
              errorMessage: "no rows",
              exitCode: 3,
              signal: null,
            },
          ],
          steps: [
            {
              id: "s",
              name: "load",
              parentId: null,
              attempt: 2,
              outcome: "failure",
              startedAt: T0,
              endedAt: null,
              records: { loaded: 5 },
              errorType: null,
              errorMessage: null,
            },
          ],
          witnesses: [
            { kind: "cli", says: "failed", firstAt: T0, lastAt: T0 + 1 },
            { kind: "otlp-span", says: null, firstAt: T0, lastAt: T0 + 2 },
          ],
          resources: { peakMemoryBytes: 1e9 },
          metadata: { region: "eu", shard: 3, dry: false },
          traceIds: [TRACE],
          host: "node-1",
        }),
      ];
      const runs = await makeRuns(
        store,
        views.map((view, index) => newRun(job.id, `r${index}`, { view })),
      );
      for (const [index, run] of runs.entries())
        expect(run).toEqual({
          ...views[index],
          id: run.id,
          jobId: job.id,
          runId: `r${index}`,
          firstReceivedAt: T0 + 5,
          slotId: null,
          version: 1,
        });
    });

    test("keep their facts while they are open, and lose them when they close", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1");
      expect((await store.findRun(job.id, "r1"))?.facts).toEqual(EMPTY_FACTS);
      await store.commit({
        ...EMPTY_COMMIT,
        runs: [rewrite(run, {}, { ...EMPTY_FACTS, heartbeatIntervalMs: 30_000 })],
      });
      const open_ = await store.getRun(run.id);
      expect(open_?.facts?.heartbeatIntervalMs).toBe(30_000);
      await store.commit({ ...EMPTY_COMMIT, runs: [rewrite(open_?.run ?? run, completedView(T0, 1))] });
      expect(await store.getRun(run.id)).toMatchObject({
        facts: null,
        run: { phase: "completed", version: 3 },
      });
    });

    test("refuse a change against an older version, and then nothing of the commit is written", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1");
      await store.commit({ ...EMPTY_COMMIT, runs: [rewrite(run, { host: "first" })] });
      const late = store.commit({
        ...EMPTY_COMMIT,
        runs: [newRun(job.id, "r2"), rewrite(run, { host: "second" })],
        events: [{ runRef: -1, event: runEvent(job, "r2") }],
        deadlines: [{ kind: "judge_run", subject: "run:1", jobId: null, dueAt: T0 }],
      });
      await expect(late).rejects.toThrow(VersionConflictError);
      expect((await store.getRun(run.id))?.run.host).toBe("first");
      expect(await store.findRun(job.id, "r2")).toBeNull();
      expect(await store.deadlinesFor(["run:1"])).toEqual([]);
    });

    test("are changed many at once, each to its own values; one that was changed meanwhile refuses them all", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const runs = await makeRuns(
        store,
        Array.from({ length: 700 }, (_, index) => newRun(job.id, `r${index}`)),
      );
      const changed = runs.map((run, index) =>
        rewrite(run, {
          host: `h${index}`,
          lastEventAt: T0 + index + 0.25,
          errorMessage: index % 2 ? `a\0 "${index}"` : null,
        }),
      );
      await store.commit({ ...EMPTY_COMMIT, runs: changed });
      const read = (await store.getRuns(runs.map(({ id }) => id))).map(({ run }) => run);
      expect(read).toHaveLength(700);
      for (const run of read) {
        const index = Number(run.runId.slice(1));
        expect(run).toMatchObject({
          host: `h${index}`,
          lastEventAt: T0 + index + 0.25,
          errorMessage: index % 2 ? `a\u{fffd} "${index}"` : null,
          version: 2,
        });
      }
      const again = read.map((run) => rewrite(run, { host: "again" }));
      const [first] = runs;
      if (first === undefined) throw new Error("no run");
      const late = store.commit({
        ...EMPTY_COMMIT,
        runs: [...again.filter(({ id }) => id !== first.id), rewrite(first, {})],
      });
      await expect(late).rejects.toThrow(VersionConflictError);
      expect((await store.getRun(runs.at(-1)?.id ?? 0))?.run.host).toBe("h699");
    });

    test("refuse to be created twice: the second commit reads again", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      await makeRun(store, job.id, "r1");
      await expect(makeRun(store, job.id, "r1")).rejects.toThrow(VersionConflictError);
    });

    test("are told by job and id together", async () => {
      const store = await open();
      const [a, b] = [await makeJob(store, "a"), await makeJob(store, "b")];
      const [first, second] = await makeRuns(store, [newRun(a.id, "1"), newRun(b.id, "1")]);
      expect((await store.findRun(b.id, "1"))?.run.id).toBe(second?.id);
      expect((await store.findRunsByRunId("1")).map((run) => run.id)).toEqual([first?.id, second?.id]);
      const found = await store.findRuns([
        { jobId: a.id, runId: "1" },
        { jobId: a.id, runId: "2" },
      ]);
      expect(found.map(({ run }) => run.id)).toEqual([first?.id]);
      expect(await store.findRuns([])).toEqual([]);
      expect(await store.getRuns([])).toEqual([]);
    });

    test("are found by their aliases; a trace may hold several", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const [r1, r2] = await makeRuns(store, [newRun(job.id, "1"), newRun(job.id, "2")]);
      const [id1, id2] = [r1?.id ?? 0, r2?.id ?? 0];
      const aliases = [
        { alias: spanAlias(TRACE, SPAN), runRef: id1 },
        { alias: traceAlias(TRACE), runRef: id1 },
        { alias: traceAlias(TRACE), runRef: id2 },
        { alias: "external:42", runRef: id2 },
      ];
      await store.commit({ ...EMPTY_COMMIT, aliases: [...aliases, ...aliases] });
      const found = await store.findByAliases([
        traceAlias(TRACE),
        "external:42",
        spanAlias(TRACE, SPAN),
        "external:43",
      ]);
      expect(new Set(found.map(({ alias, runRowId }) => `${alias} ${runRowId}`))).toEqual(
        new Set(aliases.map(({ alias, runRef }) => `${alias} ${runRef}`)),
      );
      expect(found).toHaveLength(4);
    });

    test("without an id: the latest open one that had begun", async () => {
      const store = await open();
      const job = await makeJob(store, "backup");
      const at = (minutes: number) => T0 + minutes * MINUTE;
      await makeRuns(store, [
        newRun(job.id, unnamedRunId(at(0)), { view: runView({ startedAt: at(0) }) }),
        newRun(job.id, unnamedRunId(at(10)), { view: runView({ startedAt: at(10) }) }),
        newRun(job.id, unnamedRunId(at(11)), { view: completedView(at(11), MINUTE) }),
        newRun(job.id, "named", { view: runView({ startedAt: at(12) }) }),
      ]);
      expect((await store.findOpenUnnamedRun(job.id, at(20)))?.run.startedAt).toBe(at(10));
      expect((await store.findOpenUnnamedRun(job.id, at(9)))?.run.startedAt).toBe(at(0));
      expect(await store.findOpenUnnamedRun(job.id, at(-1))).toBeNull();
    });

    test("count as open until they have ended for good, and as running while under way", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const views: [RunPhase, boolean][] = [
        ["running", false],
        ["suspect", false],
        ["queued", false],
        ["failed", false],
        ["failed", true],
        ["completed", true],
        ["lost", true],
      ];
      await makeRuns(
        store,
        views.map(([phase, final], index) =>
          newRun(job.id, `r${index}`, { view: runView({ phase, final, startedAt: T0 + index }) }),
        ),
      );
      expect((await store.listOpenRuns(job.id)).map((run) => run.runId)).toEqual(["r3", "r2", "r1", "r0"]);
      expect(await store.countRunning()).toBe(2);
      expect(await store.countRunningByJobs([job.id, 77])).toEqual(new Map([[job.id, 2]]));
      expect((await store.lastRunInPhase(job.id, ["failed", "lost"]))?.runId).toBe("r6");
      expect(await store.lastRunInPhase(job.id, ["skipped"])).toBeNull();
      expect(await store.lastRunInPhase(job.id, [])).toBeNull();
    });

    test("are listed by start or duration, filtered, in pages that neither repeat nor miss", async () => {
      const store = await open();
      const [a, b] = [await makeJob(store, "a"), await makeJob(store, "b", "other")];
      const runs = await makeRuns(
        store,
        Array.from({ length: 12 }, (_, index) =>
          newRun(index % 3 === 0 ? b.id : a.id, `run-${index}`, {
            // Two runs each share a start.
            view:
              index % 4 === 0
                ? runView({ startedAt: T0 + Math.floor(index / 2) })
                : completedView(T0 + Math.floor(index / 2), 100 - index),
          }),
        ),
      );
      const ids = (list: { runId: string }[]) => list.map((run) => run.runId);
      const byStart = [...runs].sort((x, y) => (y.startedAt ?? 0) - (x.startedAt ?? 0) || y.id - x.id);
      for (const limit of [1, 5, 12, 50]) {
        expect(ids(await allPages((page) => store.listRuns({}, "-startedAt", page), limit))).toEqual(
          ids(byStart),
        );
        expect(ids(await allPages((page) => store.listRuns({}, "startedAt", page), limit))).toEqual(
          ids(byStart.toReversed()),
        );
      }
      const byDuration = [...runs].sort((x, y) => (y.durationMs ?? -1) - (x.durationMs ?? -1) || y.id - x.id);
      expect(ids(await allPages((page) => store.listRuns({}, "-durationMs", page), 5))).toEqual(
        ids(byDuration),
      );

      const listed = async (filter: Parameters<typeof store.listRuns>[0]) =>
        ids(await allPages((page) => store.listRuns(filter, "-startedAt", page), 2));
      const expected = (keep: (run: (typeof runs)[number]) => boolean) => ids(byStart.filter(keep));
      expect(await listed({ jobId: a.id })).toEqual(expected((run) => run.jobId === a.id));
      expect(await listed({ namespace: "other" })).toEqual(expected((run) => run.jobId === b.id));
      expect(await listed({ jobName: "none" })).toEqual([]);
      expect(await listed({ phases: ["running"] })).toEqual(expected((run) => run.phase === "running"));
      expect(await listed({ phases: ["running", "completed"], jobName: "a" })).toEqual(
        expected((run) => run.jobId === a.id),
      );
      expect(await listed({ from: T0 + 2, to: T0 + 4 })).toEqual(
        expected((run) => run.startedAt === T0 + 2 || run.startedAt === T0 + 3),
      );
      expect(await listed({ runId: "run-3" })).toEqual(["run-3"]);
      expect((await listed({ search: "run-1" })).toSorted()).toEqual(["run-1", "run-10", "run-11"]);
      expect(await listed({ search: "B" })).toEqual(expected((run) => run.jobId === b.id));
    });

    test("keep their place in a list while others come in", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      for (let index = 0; index < 4; index++)
        await makeRun(store, job.id, `r${index}`, runView({ startedAt: T0 + index }));
      const first = await store.listRuns({}, "-startedAt", { limit: 2, cursor: null });
      await makeRun(store, job.id, "newest", runView({ startedAt: T0 + 100 }));
      const second = await store.listRuns({}, "-startedAt", { limit: 2, cursor: first.nextCursor });
      expect([...first.items, ...second.items].map((run) => run.runId)).toEqual(["r3", "r2", "r1", "r0"]);
    });

    test("refuse a cursor that is none", async () => {
      const store = await open();
      for (const cursor of ["", "nonsense", Buffer.from('["a"]').toString("base64url")])
        await expect(store.listRuns({}, "-startedAt", { limit: 2, cursor })).rejects.toMatchObject({
          code: "INVALID_CURSOR",
        });
    });

    test("stand on boards: the last runs, the last good ones, neighbours", async () => {
      const store = await open();
      const [a, b, c] = [await makeJob(store, "a"), await makeJob(store, "b"), await makeJob(store, "c")];
      const at = (minutes: number) => T0 + minutes * MINUTE;
      await makeRuns(store, [
        newRun(a.id, "a1", { view: completedView(at(1), 9 * MINUTE) }),
        newRun(a.id, "a2", { view: completedView(at(2), 1000) }),
        newRun(a.id, "a3", { view: completedView(at(3), 1000, { runType: "backfill" }) }),
        newRun(a.id, "a4", { view: runView({ startedAt: at(3) }) }),
        newRun(b.id, "b1", { view: runView({ startedAt: at(1) }) }),
      ]);
      const recent = await store.recentRuns([a.id, b.id, c.id, a.id], 3);
      expect([...recent].map(([id, runs]) => [id, runs.map((run) => run.runId)])).toEqual([
        [a.id, ["a4", "a3", "a2"]],
        [b.id, ["b1"]],
      ]);
      expect(await store.recentRuns([], 3)).toEqual(new Map());
      const bars = await store.recentRunBars([a.id, b.id, c.id, a.id], 3);
      expect([...bars.keys()]).toEqual([...recent.keys()]);
      for (const [id, runs] of recent) expect(runs).toMatchObject(bars.get(id) ?? []);
      expect(await store.recentSuccesses([a.id, b.id], 5)).toEqual(
        new Map([
          [
            a.id,
            [
              { completedAt: at(10), durationMs: 9 * MINUTE },
              { completedAt: at(2) + 1000, durationMs: 1000 },
            ],
          ],
        ]),
      );
      const a3 = (await store.findRun(a.id, "a3"))?.run;
      if (a3 === undefined) throw new Error("a3 is gone");
      expect(await store.neighbours(a3)).toEqual({ previousRunId: "a2", nextRunId: "a4" });
    });

    test("that were one all along become one, with all that hung on either", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const [from, into] = await makeRuns(store, [newRun(job.id, "from"), newRun(job.id, "into")]);
      if (from === undefined || into === undefined) throw new Error("no runs");
      const hex = (digit: string) => digit.repeat(32);
      const beat = (at: number, id: string) =>
        runEvent(job, "from", { kind: "heartbeat", at, eventId: hex(id) });
      await store.commit({
        ...EMPTY_COMMIT,
        events: [
          { runRef: from.id, event: runEvent(job, "from", { eventId: hex("a") }) },
          { runRef: from.id, event: runEvent(job, "from", { eventId: hex("b"), kind: "records" }) },
          { runRef: into.id, event: runEvent(job, "into", { eventId: hex("a") }) },
          { runRef: from.id, event: beat(T0 + 1, "c") },
          { runRef: into.id, event: beat(T0 + 2, "d") },
          { runRef: from.id, event: beat(T0 + 3, "e") },
        ],
        aliases: [
          { alias: traceAlias(TRACE), runRef: from.id },
          { alias: traceAlias(TRACE), runRef: into.id },
        ],
        runDeadlines: [{ kind: "judge_run", runRef: from.id, jobId: job.id, dueAt: T0 }],
      });
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, newSlots: [slot(job.id, T0)] });
      const [expectedSlot] = await store.slotsBetween(job.id, T0, T0);
      if (expectedSlot === undefined) throw new Error("no slot");
      const subject = (id: number) => ({ subject: `run:${id}`, runRowId: id });
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        slotChanges: [
          { id: expectedSlot.id, from: "expected", to: "matched", reason: "nearest", runRowId: from.id },
        ],
        judgements: [
          judgement(job.id, "", { ...subject(from.id), explanation: "of from" }),
          judgement(job.id, "", { ...subject(into.id), explanation: "of into" }),
          judgement(job.id, "", { ...subject(from.id), type: "zero_records" }),
        ],
        incidents: [
          {
            id: null,
            incident: incident(job.id, { runRowId: from.id }),
            judgementIds: [],
            entries: [],
            deliveries: [],
          },
        ],
      });

      await store.commit({ ...EMPTY_COMMIT, merges: [{ fromId: from.id, intoRef: into.id }] });

      expect(await store.getRun(from.id)).toBeNull();
      const merged = await store.getRun(into.id);
      expect(merged?.run.slotId).toBe(expectedSlot.id);
      expect((await store.getSlot(expectedSlot.id))?.runRowId).toBe(into.id);
      const events = await store.allRunEvents(into.id);
      expect(events.map((event) => [event.eventId.slice(0, 1), event.run])).toEqual([
        ["a", { by: "id", runId: "into" }],
        ["b", { by: "id", runId: "from" }],
        ["c", { by: "id", runId: "from" }],
        ["e", { by: "id", runId: "from" }],
      ]);
      expect(await store.findByAliases([traceAlias(TRACE)])).toEqual([
        { alias: traceAlias(TRACE), runRowId: into.id },
      ]);
      expect(await store.deadlinesFor([`run:${from.id}`])).toEqual([]);
      const judged = await store.judgementsOfSubject(`run:${into.id}`);
      expect(judged.map((one) => [one.type, one.runRowId, one.explanation])).toEqual([
        ["run_failed", into.id, "of into"],
        ["zero_records", into.id, "It ended with exit code 3."],
      ]);
      expect(await store.judgementsOfSubject(`run:${from.id}`)).toEqual([]);
      expect((await store.listIncidents({ runRowId: into.id }, FIRST_PAGE)).items).toHaveLength(1);
    });

    test("never give their row id to another run", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const [from, into] = await makeRuns(store, [newRun(job.id, "into"), newRun(job.id, "from")]);
      await store.commit({ ...EMPTY_COMMIT, merges: [{ fromId: into?.id ?? 0, intoRef: from?.id ?? 0 }] });
      const next = await makeRun(store, job.id, "next");
      expect(next.id).toBeGreaterThan(from?.id ?? 0);
    });

    test("refuse a commit that names a run it does not have", async () => {
      const store = await open();
      const commit = store.commit({ ...EMPTY_COMMIT, aliases: [{ alias: "x", runRef: -7 }] });
      await expect(commit).rejects.toMatchObject({ code: "INVALID_VALUE" });
      const foreign = store.commit({ ...EMPTY_COMMIT, aliases: [{ alias: "x", runRef: 7 }] });
      await expect(foreign).rejects.toMatchObject({ code: "CONSTRAINT", retryable: false });
    });
  });
}
