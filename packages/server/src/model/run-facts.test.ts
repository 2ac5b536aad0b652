import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOfEvent } from "./facts-of-event.ts";
import { projectRun } from "./project-run.ts";
import type { RunEvent } from "./run-event.ts";
import { EMPTY_FACTS, MARK_LIMIT, mergeFacts, type RunFacts } from "./run-facts.ts";
import { arbitraryEvent } from "./test-support/arbitrary-event.ts";
import { makeEvent } from "./test-support/make-event.ts";

const reduce = (events: readonly RunEvent[]): RunFacts =>
  events.reduce((facts, event) => mergeFacts(facts, factsOfEvent(event)), EMPTY_FACTS);

/** The facts split into runs at random, each reduced alone, then merged: what happens when two runs turn out to be one. */
function reduceInGroups(events: readonly RunEvent[], groups: readonly number[]): RunFacts {
  const byGroup = new Map<number, RunEvent[]>();
  events.forEach((event, index) => {
    const group = groups[index % groups.length] ?? 0;
    byGroup.set(group, [...(byGroup.get(group) ?? []), event]);
  });
  return [...byGroup.values()].map(reduce).reduce(mergeFacts, EMPTY_FACTS);
}

/** In whatever order, some of them several times. */
const delivery = fc.array(arbitraryEvent, { minLength: 1, maxLength: 14 }).chain((events) =>
  fc.record({
    events: fc.constant(events),
    delivered: fc
      .array(fc.constantFrom(...events), { maxLength: 8 })
      .chain((again) =>
        fc.shuffledSubarray([...events, ...again], { minLength: events.length + again.length }),
      ),
    groups: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }),
  }),
);

describe("the facts of a run", () => {
  test("are the same for every order, duplication and grouping of the same events", () => {
    fc.assert(
      fc.property(delivery, ({ events, delivered, groups }) => {
        const facts = reduce(events);
        expect(reduce(delivered)).toEqual(facts);
        expect(reduceInGroups(delivered, groups)).toEqual(facts);
        expect(projectRun(reduceInGroups(delivered, groups))).toEqual(projectRun(facts));
      }),
      { numRuns: 400 },
    );
  });

  test("survive being stored as JSON", () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { maxLength: 10 }), (events) => {
        const facts = reduce(events);
        expect(projectRun(JSON.parse(JSON.stringify(facts)))).toEqual(projectRun(facts));
      }),
    );
  });

  test("merge as a semilattice does", () => {
    const facts = fc.array(arbitraryEvent, { maxLength: 6 }).map(reduce);
    fc.assert(
      fc.property(facts, facts, facts, (a, b, c) => {
        expect(mergeFacts(a, b)).toEqual(mergeFacts(b, a));
        expect(mergeFacts(mergeFacts(a, b), c)).toEqual(mergeFacts(a, mergeFacts(b, c)));
        expect(mergeFacts(a, a)).toEqual(a);
        expect(mergeFacts(a, EMPTY_FACTS)).toEqual(a);
      }),
    );
  });

  test("never come to a negative duration, and end when they say so", () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { minLength: 1, maxLength: 14 }), (events) => {
        const view = projectRun(reduce(events));
        for (const ms of [view.durationMs, view.executionMs, view.queueWaitMs, view.totalMs])
          expect(ms ?? 0).toBeGreaterThanOrEqual(0);
        expect(view.completedAt !== null).toBe(view.final);
        expect(view.retryCount).toBe(Math.max(0, (view.attempts.at(-1)?.number ?? 1) - 1));
      }),
    );
  });

  test("keep the end of a run of more steps than the limit, whichever came first", () => {
    const steps = Array.from({ length: MARK_LIMIT + 50 }, (_, index) =>
      makeEvent("step_ended", index, { eventId: `s${index}`, step: { name: `s${index}` } }),
    );
    const end = makeEvent("completed", 99_999, { eventId: "end" });
    const half = Math.floor(steps.length / 2);
    const bulk = (events: readonly RunEvent[]): RunFacts => ({
      ...EMPTY_FACTS,
      marks: events.flatMap((event) => factsOfEvent(event).marks),
    });
    const [first, second] = [bulk([end, ...steps.slice(0, half)]), bulk(steps.slice(half))];
    const facts = mergeFacts(first, second);
    expect(facts.marks).toHaveLength(MARK_LIMIT);
    expect(facts.marks).toEqual(mergeFacts(second, first).marks);
    expect(projectRun(facts).phase).toBe("completed");
  });
});
