// Whatever the order, the number and the batching in which the same events are delivered, the same runs are there.
import fc from "fast-check";
import { expect, test } from "vitest";
import { spanAlias } from "../../model/identity.ts";
import type { RunLink } from "../../model/intake.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { makeEvent, T0, TEST_JOB } from "../../model/test-support/make-event.ts";
import { openLedger } from "../test-support/open-ledger.ts";

type Item = { event: RunEvent } | { link: RunLink };

/** More with BATCHWATCH_PROPERTY_RUNS, when the ledger was changed. */
const RUNS = Number(process.env.BATCHWATCH_PROPERTY_RUNS ?? 40);
const TRACES = ["a".repeat(32), "b".repeat(32)];
const spanOf = (digit: number): string => String(digit).repeat(16);

/** One trace holds one run: a root (perhaps without an id, perhaps never seen), nested steps, logs that name it, beats. */
const arbitraryRun = (index: number): fc.Arbitrary<Item[]> => {
  const traceId = TRACES[index] ?? "";
  const runId = `run-${index}`;
  const from = index * 100;
  const own = { traceId, spanId: spanOf(1) };
  return fc
    .record({
      root: fc.constantFrom("with id", "without id", "lost"),
      steps: fc.array(
        fc.record({
          parent: fc.integer({ min: 1, max: 3 }),
          failed: fc.boolean(),
          at: fc.integer({ min: 1, max: 50 }),
        }),
        { maxLength: 3 },
      ),
      link: fc.boolean(),
      log: fc.boolean(),
      beats: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
      wrapper: fc.constantFrom("none", "same id", "other id"),
      // The sender's clock against ours.
      skewMs: fc.constantFrom(0, 0, -300_000, 7_200_000, -7_200_000),
      failed: fc.boolean(),
    })
    .map(({ root, steps, link, log, beats, wrapper, failed, skewMs }) => {
      const items: Item[] = [];
      const add = (kind: RunEvent["kind"], second: number, more: Partial<RunEvent>): void => {
        const eventId = `${index}/${items.length}`;
        const receivedAt = T0 + (from + second) * 1000 - skewMs;
        items.push({ event: makeEvent(kind, from + second, { eventId, receivedAt, ...more }) });
      };
      const byId = { by: "id" as const, runId };
      if (root !== "lost") {
        const run = root === "with id" ? byId : { by: "span" as const, ...own };
        const aliases = [spanAlias(traceId, spanOf(1)), spanAlias(traceId, spanOf(9))];
        add("started", 2, { run, aliases, witness: "otlp-span", ...own });
        add(failed ? "failed" : "completed", 60, {
          run,
          aliases,
          witness: "otlp-span",
          startedAt: T0 + (from + 2) * 1000,
          ...own,
        });
      }
      steps.forEach(({ parent, failed: stepFailed, at }, ordinal) => {
        const spanId = spanOf(ordinal + 2);
        // A step stands in the root or in a step before it.
        const parentId = spanOf(Math.min(parent, ordinal + 1));
        const step = {
          name: `step ${ordinal}`,
          id: spanId,
          outcome: stepFailed ? ("failure" as const) : ("success" as const),
        };
        add("step_ended", at, {
          job: null,
          run: { by: "span", traceId, spanId: parentId },
          aliases: [spanAlias(traceId, spanId)],
          witness: "otlp-span",
          traceId,
          spanId,
          step,
        });
      });
      if (link) items.push({ link: { job: TEST_JOB, runId, aliases: [spanAlias(traceId, spanOf(1))] } });
      if (log) add("log", 4, { run: byId, witness: "otlp-log", ...own });
      for (const second of beats) add("heartbeat", second, { run: byId, witness: "sdk" });
      if (wrapper !== "none") {
        const run = wrapper === "same id" ? byId : { by: "id" as const, runId: `exec-${index}` };
        add("started", 0, { run, witness: "cli", traceId, spanId: spanOf(9) });
        add("completed", 61, { run, witness: "cli", durationMs: 61_000 });
      }
      return items;
    });
};

const delivery = fc
  .tuple(arbitraryRun(0), arbitraryRun(1))
  .map((runs) => runs.flat())
  .filter((items) => items.length > 0)
  .chain((items) =>
    fc
      .array(fc.constantFrom(...items), { maxLength: 5 })
      .chain((again) => fc.shuffledSubarray([...items, ...again], { minLength: items.length + again.length }))
      .chain((delivered) =>
        fc.record({
          items: fc.constant(items),
          delivered: fc.constant(delivered),
          cuts: fc.array(fc.boolean(), { minLength: delivered.length, maxLength: delivered.length }),
          forgets: fc.array(fc.boolean(), { minLength: delivered.length, maxLength: delivered.length }),
        }),
      ),
  );

test("any order, duplication and batching ends in the same runs", {
  timeout: 20_000 + RUNS * 1000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(delivery, async ({ items, delivered, cuts, forgets }) => {
      expect(await runsAfter(inBatches(delivered, cuts), forgets)).toEqual(await runsAfter([items], []));
    }),
    { numRuns: RUNS },
  );
});

function inBatches(items: readonly Item[], cuts: readonly boolean[]): Item[][] {
  const batches: Item[][] = [[]];
  items.forEach((item, index) => {
    batches.at(-1)?.push(item);
    if (cuts[index]) batches.push([]);
  });
  return batches;
}

async function runsAfter(batches: readonly Item[][], forgets: readonly boolean[]): Promise<unknown> {
  await using open = await openLedger();
  for (const [index, batch] of batches.entries()) {
    const events = batch.flatMap((item) => ("event" in item ? [item.event] : []));
    const links = batch.flatMap((item) => ("link" in item ? [item.link] : []));
    await open.record(events, { links });
    // As after a restart, or in another process.
    if (forgets[index]) open.ledger.forget();
  }
  const runs = (await open.runs()).map(shown).sort((a, b) => (a.runId < b.runId ? -1 : 1));
  return { runs, orphans: await open.store.countOrphans() };
}

/** Without what belongs to the row and to receipt. */
function shown(run: Run) {
  const { id: _id, jobId: _jobId, version: _version, firstReceivedAt: _first, slotId: _slot, ...view } = run;
  return view;
}
