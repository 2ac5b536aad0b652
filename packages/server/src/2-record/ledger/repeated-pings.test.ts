// However often a client sends a ping again until it has its answer, and however that is batched: the runs are those of
// one ping each. Pings come in the order in which they were sent, because their time is that of receipt; copies that were
// sent within moments may be committed in any order.
import fc from "fast-check";
import { expect, test } from "vitest";
import { repeatableEventId } from "../../model/repeated-event.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { makeEvent, T0 } from "../../model/test-support/make-event.ts";
import { openLedger } from "../test-support/open-ledger.ts";

const RUNS = Number(process.env.BATCHWATCH_PROPERTY_RUNS ?? 40);
const APART_SECONDS = 600;
const LONGEST_SECONDS = 300;

interface Sent {
  copies: RunEvent[];
}

/** Seconds between the tries of one ping, as `curl --retry` waits. */
const tries = fc.array(fc.integer({ min: 1, max: 26 }), { maxLength: 3 });

const arbitraryRun = fc.record({
  start: fc.option(tries, { nil: null }),
  lasts: fc.integer({ min: 120, max: LONGEST_SECONDS }),
  kind: fc.constantFrom("completed" as const, "failed" as const),
  end: tries,
  byRid: fc.boolean(),
});

const arbitraryDelivery = fc
  .array(arbitraryRun, { minLength: 1, maxLength: 4 })
  .map((runs) => runs.map(pingsOf))
  .chain((runs) =>
    fc.record({
      expected: fc.constant(runs.map(({ shown }) => shown)),
      clusters: fc.tuple(
        ...runs
          .flatMap(({ sent }) => sent)
          .map(({ copies }) =>
            isWithinMoments(copies)
              ? fc.shuffledSubarray(copies, { minLength: copies.length })
              : fc.constant(copies),
          ),
      ),
      again: fc.array(fc.nat(), { maxLength: 4 }),
      cuts: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      forgets: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    }),
  );

function isWithinMoments(copies: readonly RunEvent[]): boolean {
  return (copies.at(-1)?.at ?? 0) - (copies[0]?.at ?? 0) <= 30_000;
}

function pingsOf(
  { start, lasts, kind, end, byRid }: typeof arbitraryRun extends fc.Arbitrary<infer T> ? T : never,
  index: number,
): { sent: Sent[]; shown: unknown } {
  const from = index * APART_SECONDS;
  const run: RunEvent["run"] =
    byRid && start !== null
      ? { by: "id", runId: `00000000-0000-4000-8000-00000000000${index}` }
      : { by: "unnamed" };
  const send = (of: RunEvent["kind"], second: number, gaps: readonly number[]): Sent => {
    const times = [second];
    for (const gap of gaps) times.push((times.at(-1) ?? second) + gap);
    return {
      copies: times.map((at) =>
        makeEvent(of, at, {
          run,
          witness: "ping",
          eventId: repeatableEventId(`${of} ${JSON.stringify(run)}`, at.toString(16).padStart(24, "0")),
        }),
      ),
    };
  };
  const sent = [...(start === null ? [] : [send("started", from, start)]), send(kind, from + lasts, end)];
  return {
    sent,
    shown: [kind, start === null ? null : T0 + from * 1000, T0 + (from + lasts) * 1000],
  };
}

test("a ping that is sent again and again is one ping", { timeout: 20_000 + RUNS * 1000 }, async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryDelivery, async ({ expected, clusters, again, cuts, forgets }) => {
      const sent = clusters.flat();
      const delivered = [...sent, ...again.flatMap((index) => sent[index % sent.length] ?? [])];
      await using open = await openLedger();
      for (const [index, batch] of inBatches(delivered, cuts).entries()) {
        await open.record(batch);
        if (forgets[index]) open.ledger.forget();
      }
      const runs = (await open.runs()).sort((a, b) => (a.completedAt ?? 0) - (b.completedAt ?? 0));
      expect(runs.map(({ phase, startedAt, completedAt }) => [phase, startedAt, completedAt])).toEqual(
        expected,
      );
    }),
    { numRuns: RUNS },
  );
});

function inBatches(events: readonly RunEvent[], cuts: readonly boolean[]): RunEvent[][] {
  const batches: RunEvent[][] = [[]];
  events.forEach((event, index) => {
    batches.at(-1)?.push(event);
    if (cuts[index % cuts.length]) batches.push([]);
  });
  return batches;
}
