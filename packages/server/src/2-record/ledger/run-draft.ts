/** A run while a round works on it: what was stored, and what the round adds. */

import { factsOfEvent } from "../../model/facts-of-event.ts";
import { type RunAlias, spanAlias } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { type Mark, mergeFacts, type RunFacts } from "../../model/run-facts.ts";

export class RunDraft {
  /** Row id, or a negative stand-in for a row to come. */
  readonly ref: number;
  readonly job: Job;
  /** The name under which it is or would be stored; the facts may come to another one. */
  readonly runId: string;
  readonly stored: Run | null;
  facts: RunFacts;
  /** New in this round. */
  readonly events: RunEvent[] = [];
  /** Of orphans that were waiting for this run, by id. */
  readonly adopted: string[] = [];
  readonly newAliases = new Set<RunAlias>();
  /** Every name it went by: an event that still uses an old one finds it. */
  readonly names = new Set<string>();
  /** Rows that were this run all along. */
  readonly absorbed: Run[] = [];
  firstReceivedAt: number;
  touched = false;
  /** Set when this draft turned out to be part of another. */
  mergedInto: RunDraft | null = null;

  constructor(of: {
    ref: number;
    job: Job;
    runId: string;
    stored: Run | null;
    facts: RunFacts;
    firstReceivedAt: number;
  }) {
    this.ref = of.ref;
    this.job = of.job;
    this.runId = of.runId;
    this.stored = of.stored;
    this.facts = of.facts;
    this.firstReceivedAt = of.firstReceivedAt;
    this.names.add(of.runId);
  }

  /** An orphan is in the store already and only changes hands. */
  add(event: RunEvent, fromOrphans = false): void {
    this.touched = true;
    this.facts = mergeFacts(this.facts, factsOfEvent(event));
    this.firstReceivedAt = Math.min(this.firstReceivedAt, event.receivedAt);
    if (fromOrphans) this.adopted.push(event.eventId);
    else this.events.push(event);
  }

  absorb(other: RunDraft): void {
    this.touched = true;
    this.facts = mergeFacts(this.facts, other.facts);
    this.firstReceivedAt = Math.min(this.firstReceivedAt, other.firstReceivedAt);
    this.events.push(...other.events);
    this.adopted.push(...other.adopted);
    for (const alias of other.newAliases) this.newAliases.add(alias);
    for (const name of other.names) this.names.add(name);
    this.absorbed.push(...other.absorbed);
    if (other.stored !== null) this.absorbed.push(other.stored);
    other.mergedInto = this;
  }
}

/** True where the alias is the run's own span: that of a start or an end, not of a step or a log line inside it. */
export function hasOwnSpan(facts: RunFacts, alias: RunAlias): boolean {
  return facts.marks.some((mark) => isRootMark(mark, alias));
}

/** The same, and its source gave the run of that span an id. */
export function hasOwnNamedSpan(facts: RunFacts, alias: RunAlias): boolean {
  return facts.marks.some((mark) => mark.named === true && isRootMark(mark, alias));
}

function isRootMark(mark: Mark, alias: RunAlias): boolean {
  if (mark.kind === "step_started" || mark.kind === "step_ended") return false;
  return (
    mark.traceId !== undefined && mark.spanId !== undefined && spanAlias(mark.traceId, mark.spanId) === alias
  );
}

/** True where some start or end of the run came with a span of its own. */
export function hasRootSpan(facts: RunFacts): boolean {
  return facts.marks.some(
    (mark) => mark.spanId !== undefined && mark.kind !== "step_started" && mark.kind !== "step_ended",
  );
}
