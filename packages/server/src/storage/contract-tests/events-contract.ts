import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spanAlias, traceAlias } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { OpenStore } from "./ledger-contract.ts";
import {
  allPages,
  EMPTY_COMMIT,
  FIRST_PAGE,
  MINUTE,
  makeJob,
  makeRun,
  runEvent,
  T0,
  TRACE,
} from "./ledger-fixtures.ts";

const SPAN = "b7ad6b7169203331";

function hexId(number: number): string {
  return number.toString(16).padStart(32, "0");
}

export function describeEvents(open: OpenStore): void {
  describe("events", () => {
    test("come back as they were said, without what the run and the job keep", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1");
      const events: RunEvent[] = [
        runEvent(job, "r1", { eventId: hexId(1) }),
        runEvent(job, "r1", {
          eventId: "sent by the client",
          kind: "failed",
          at: T0 + 1.5,
          withinMs: 500,
          receivedAt: T0 - 10,
          witness: "otlp-span",
          run: { by: "span", traceId: TRACE, spanId: SPAN },
          attempt: 2,
          error: { type: "E", message: "m", stack: "s" },
          exitCode: 0,
          final: false,
          metadata: { a: 1, b: "x", c: false },
          records: { processed: 0 },
        }),
        runEvent(job, "r1", {
          eventId: hexId(3),
          kind: "finalised",
          witness: "batchwatch",
          at: T0 + 2,
          run: { by: "unnamed" },
        }),
        runEvent(job, "other name", { eventId: hexId(4), kind: "records", at: T0 + 3 }),
      ];
      const kept = { ...runEvent(job, "r1", { eventId: hexId(5), at: T0 + 4 }) };
      await store.commit({
        ...EMPTY_COMMIT,
        events: [
          ...events.map((event) => ({ runRef: run.id, event })),
          { runRef: run.id, event: { ...kept, aliases: [traceAlias(TRACE)], jobSettings: { owner: "x" } } },
        ],
      });
      expect(await store.allRunEvents(run.id)).toEqual([...events, kept]);
      expect((await store.runEvents(run.id, FIRST_PAGE)).items).toEqual([...events, kept]);
      expect(await store.allRunEvents(run.id + 1)).toEqual([]);
      expect(await store.runEvents(run.id + 1, FIRST_PAGE)).toEqual({ items: [], nextCursor: null });
    });

    test("of one id are one event, in one commit or two", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1");
      const event = runEvent(job, "r1", { eventId: "same" });
      const twice = [
        { runRef: run.id, event },
        { runRef: run.id, event },
      ];
      await store.commit({ ...EMPTY_COMMIT, events: twice });
      await store.commit({ ...EMPTY_COMMIT, events: twice });
      expect(await store.allRunEvents(run.id)).toEqual([event]);
    });

    test("of two runs may have the same id: a sender's ids are its own", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const [one, two] = [await makeRun(store, job.id, "r1"), await makeRun(store, job.id, "r2")];
      await store.commit({
        ...EMPTY_COMMIT,
        events: [
          { runRef: one.id, event: runEvent(job, "r1", { eventId: "1" }) },
          { runRef: two.id, event: runEvent(job, "r2", { eventId: "1" }) },
        ],
      });
      expect(await store.allRunEvents(one.id)).toHaveLength(1);
      expect(await store.allRunEvents(two.id)).toHaveLength(1);
    });

    test("are read in pages by time, beats among them", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const run = await makeRun(store, job.id, "r1");
      const events = Array.from({ length: 10 }, (_, index) =>
        runEvent(job, "r1", {
          eventId: hexId(index),
          kind: index % 2 === 0 ? "heartbeat" : "records",
          at: T0 + Math.floor(index / 2) * MINUTE,
        }),
      );
      await store.commit({ ...EMPTY_COMMIT, events: events.map((event) => ({ runRef: run.id, event })) });
      for (const limit of [1, 3, 10])
        expect(await allPages((page) => store.runEvents(run.id, page), limit)).toEqual(events);
    });

    test("beats are thinned to the first of a minute and the last of all, in any order", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      let count = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.integer({ min: 0, max: 5 * MINUTE }), { minLength: 1, maxLength: 30 }),
          fc.infiniteStream(fc.nat()),
          async (offsets, random) => {
            const run = await makeRun(store, job.id, `r${count++}`);
            const beats = offsets.map((offset) =>
              runEvent(job, run.runId, { kind: "heartbeat", at: T0 + offset, eventId: hexId(offset) }),
            );
            const shuffled = [...beats, ...beats.slice(0, 3)]
              .map((event) => ({ event, rank: random.next().value }))
              .sort((a, b) => a.rank - b.rank);
            const half = Math.floor(shuffled.length / 2);
            for (const part of [shuffled.slice(0, half), shuffled.slice(half)])
              await store.commit({
                ...EMPTY_COMMIT,
                events: part.map(({ event }) => ({ runRef: run.id, event })),
              });
            const sorted = [...offsets].sort((a, b) => a - b);
            const kept = sorted.filter(
              (offset, index) =>
                index === sorted.length - 1 ||
                index === 0 ||
                Math.floor((sorted[index - 1] ?? 0) / MINUTE) !== Math.floor(offset / MINUTE),
            );
            expect((await store.allRunEvents(run.id)).map((event) => event.at - T0)).toEqual(kept);
          },
        ),
        { numRuns: 20 },
      );
    });

    test("without a run wait whole under their span and trace, until they are adopted", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      const orphan = runEvent(job, "", {
        eventId: "orphan",
        job: null,
        kind: "step_ended",
        run: { by: "span", traceId: TRACE, spanId: SPAN },
        aliases: [spanAlias(TRACE, "00f067aa0ba902b7")],
        step: { name: "load" },
      });
      await store.commit({
        ...EMPTY_COMMIT,
        events: [
          { runRef: null, event: orphan },
          { runRef: null, event: orphan },
        ],
      });
      expect(await store.countOrphans()).toBe(1);
      expect(await store.findOrphans([spanAlias(TRACE, SPAN)])).toEqual([orphan]);
      expect(await store.findOrphans([traceAlias(TRACE), spanAlias(TRACE, SPAN)])).toEqual([orphan]);
      expect(await store.findOrphans([spanAlias(TRACE, "00f067aa0ba902b7")])).toEqual([]);
      expect(await store.findOrphans([])).toEqual([]);

      const run = await makeRun(store, job.id, "r1");
      await store.commit({
        ...EMPTY_COMMIT,
        adopted: [
          { eventId: "orphan", runRef: run.id },
          { eventId: "none", runRef: run.id },
        ],
      });
      expect(await store.countOrphans()).toBe(0);
      const { job: _job, aliases: _aliases, ...rest } = orphan;
      expect(await store.allRunEvents(run.id)).toEqual([
        { ...rest, aliases: [], job: { namespace: "default", environment: "", jobName: "daily_etl" } },
      ]);
    });
  });
}
