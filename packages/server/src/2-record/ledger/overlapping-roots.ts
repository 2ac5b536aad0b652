/**
 * One run id, several root spans (INGEST section 5.4 rule 1): one after the other they are attempts of one run, at the
 * same time they are two runs that share an id by mistake. The second gets the id with `#2`, and says so.
 */
import { cleanText } from "../../lib/clean-text.ts";
import { type RunAlias, spanAlias } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { Mark, RunFacts } from "../../model/run-facts.ts";
import { hasOwnSpan, type RunDraft } from "./run-draft.ts";

interface Interval {
  from: number;
  to: number;
}

/** More runs at once under one id are folded into the last. */
const MOST_AT_ONCE = 9;

export class OverlappingRoots {
  readonly #inRound = new Map<RunAlias, Interval>();

  constructor(events: readonly RunEvent[]) {
    for (const event of events) {
      const own = rootSpan(event);
      if (own !== null) widen(this.#inRound, own, intervalOf(event));
    }
  }

  /** Names under which a root span of this event's run id may stand as well. */
  keysBeside(event: RunEvent): string[] {
    if (event.run.by !== "id" || rootSpan(event) === null) return [];
    const { runId } = event.run;
    return Array.from({ length: MOST_AT_ONCE - 1 }, (_, index) => nameOf(cleanText(runId), index + 2));
  }

  /** The name and the marked event where its root span cannot be an attempt of `found`; null where it can. */
  nameBeside(
    event: RunEvent,
    found: RunDraft,
    find: (runId: string) => RunDraft | null,
  ): { runId: string; event: RunEvent } | null {
    const own = rootSpan(event);
    if (own === null || event.run.by !== "id" || event.attempt !== undefined) return null;
    const interval = this.#inRound.get(own) ?? intervalOf(event);
    if (!this.#overlaps(found.facts, own, interval, event.aliases)) return null;
    for (let ordinal = 2; ordinal <= MOST_AT_ONCE; ordinal += 1) {
      const runId = nameOf(cleanText(event.run.runId), ordinal);
      const draft = find(runId);
      if (draft === null || ordinal === MOST_AT_ONCE || !this.#overlaps(draft.facts, own, interval, []))
        return { runId, event: marked(event, runId) };
    }
    return null;
  }

  /** The event of a root span that stands under another name already, under that name. */
  renamedFor(event: RunEvent, runId: string): RunEvent {
    return this.keysBeside(event).includes(runId) ? marked(event, runId) : event;
  }

  #overlaps(facts: RunFacts, own: RunAlias, interval: Interval, aliases: readonly RunAlias[]): boolean {
    // Its parent is the run's own span: handed over, or the same work seen twice.
    if (aliases.some((alias) => alias !== own && hasOwnSpan(facts, alias))) return false;
    const others = new Map<RunAlias, Interval>();
    for (const mark of facts.marks) {
      const other = rootSpan(mark);
      if (other === null || other === own) continue;
      widen(others, other, intervalOf(mark));
      const inRound = this.#inRound.get(other);
      if (inRound !== undefined) widen(others, other, inRound);
    }
    return [...others.values()].some((other) => other.from < interval.to && interval.from < other.to);
  }
}

function nameOf(runId: string, ordinal: number): string {
  return `${runId}#${ordinal}`;
}

function marked(event: RunEvent, runId: string): RunEvent {
  const warning = `Another run with the same id ran at the same time; this one is kept as ${runId}.`;
  return {
    ...event,
    run: { by: "id", runId },
    metadata: { ...event.metadata, "batchwatch.warning": warning },
  };
}

function rootSpan(event: RunEvent | Mark): RunAlias | null {
  if (event.witness !== "otlp-span" || event.traceId === undefined || event.spanId === undefined) return null;
  switch (event.kind) {
    case "started":
    case "completed":
    case "failed":
    case "cancelled":
    case "skipped":
      return spanAlias(event.traceId, event.spanId);
    default:
      return null;
  }
}

function intervalOf(event: RunEvent | Mark): Interval {
  const from = event.startedAt ?? (event.durationMs === undefined ? event.at : event.at - event.durationMs);
  return { from: Math.min(from, event.at), to: event.at };
}

function widen(intervals: Map<RunAlias, Interval>, alias: RunAlias, by: Interval): void {
  const known = intervals.get(alias);
  intervals.set(
    alias,
    known === undefined ? by : { from: Math.min(known.from, by.from), to: Math.max(known.to, by.to) },
  );
}
