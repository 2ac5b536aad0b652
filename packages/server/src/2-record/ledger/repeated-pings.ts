/**
 * Is a ping without a run id one that was recorded already, sent again because its answer was lost? It is where the
 * same sender said the same within moments (model/repeated-event.ts) and nothing else happened between: for a start no
 * end and no sign of life, for an end no start. Where overlap is allowed, two equal pings may be two runs: never.
 */
import { TERMINAL_EVENT_KINDS } from "@batchwatch/protocol";
import { isSameSaid, REPEAT_SPAN_MS } from "../../model/repeated-event.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { Mark, RunFacts } from "../../model/run-facts.ts";
import type { UnnamedRun } from "./unnamed-runs.ts";

/** Runs whose start may be the one that is told again; what they said decides (`saysStart`). */
export function mayRepeatStart(event: RunEvent, runs: readonly UnnamedRun[]): UnnamedRun[] {
  const ends = runs.flatMap(({ endedAt }) => endedAt ?? []);
  return runs.filter(({ startedAt, endedAt: ownEnd }) => {
    if (startedAt === null || !isNear(startedAt, event.at)) return false;
    // Its own end may have come in the millisecond of its start.
    if (ownEnd !== null && ownEnd <= event.at) return false;
    return !ends.some((endedAt) => endedAt === event.at || isBetween(endedAt, startedAt, event.at));
  });
}

/** Runs whose end may be the one that is told again; what they said decides (`saysEnd`). */
export function mayRepeatEnd(event: RunEvent, runs: readonly UnnamedRun[]): UnnamedRun[] {
  const starts = runs.flatMap(({ startedAt }) => startedAt ?? []);
  return runs.filter(
    ({ endedAt }) =>
      endedAt !== null &&
      isNear(endedAt, event.at) &&
      !starts.some((startedAt) => isBetween(startedAt, endedAt, event.at)),
  );
}

/** A client waits for one answer before it goes on: a sign of life in between tells that it has had it. */
export function saysStart(event: RunEvent, facts: RunFacts): boolean {
  const starts = facts.marks.filter(({ kind }) => kind === "started");
  if (!isOneOf(event, starts)) return false;
  const [from, to] = [Math.min(...starts.map(timeOf)), Math.max(...starts.map(timeOf))];
  return Object.entries(facts.seen).every(
    ([witness, { first, last }]) =>
      witness === "batchwatch" ||
      event.at <= from ||
      !(isBetween(last, to, event.at) || isBetween(first, to, event.at)),
  );
}

/** @param gapMs 0: only the very same event */
export function saysEnd(event: RunEvent, facts: RunFacts, gapMs?: number): boolean {
  const ends = facts.marks.filter(({ kind }) => (TERMINAL_EVENT_KINDS as ReadonlySet<string>).has(kind));
  return isOneOf(event, ends, gapMs);
}

function isOneOf(event: RunEvent, marks: readonly Mark[], gapMs?: number): boolean {
  const same = marks.some(
    (mark) => mark.kind === event.kind && mark.witness === event.witness && isSameSaid(mark, event, gapMs),
  );
  return same && marks.every((mark) => isNear(mark.at, event.at));
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= REPEAT_SPAN_MS;
}

/** Strictly. */
function isBetween(at: number, a: number, b: number): boolean {
  return at > Math.min(a, b) && at < Math.max(a, b);
}

function timeOf({ at }: { at: number }): number {
  return at;
}
