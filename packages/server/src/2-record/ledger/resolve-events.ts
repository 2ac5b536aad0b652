/**
 * Which run is each event about (SEMANTICS section 1, INGEST section 5.4 rules 1 and 2)? By its id, by a span that
 * belongs to a run, or by neither yet: then it waits as an orphan until something names its span. Nothing is guessed:
 * a span that two runs of one job claim makes them one only where it is the own span of one of them.
 */
import { TERMINAL_EVENT_KINDS } from "@batchwatch/protocol";
import { cleanText } from "../../lib/clean-text.ts";
import { factsOfName } from "../../model/facts-of-event.ts";
import { jobKeyText, type RunAlias, spanAlias, spanRunId, traceAlias } from "../../model/identity.ts";
import type { RunLink } from "../../model/intake.ts";
import type { Job } from "../../model/job.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { mergeFacts } from "../../model/run-facts.ts";
import type { SpanRecord } from "../../model/telemetry.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { DraftTable } from "./draft-table.ts";
import { OverlappingRoots } from "./overlapping-roots.ts";
import { hasOwnNamedSpan, hasOwnSpan, hasRootSpan, type RunDraft } from "./run-draft.ts";
import { findByAncestry } from "./span-ancestry.ts";

export interface ResolveInput {
  events: readonly RunEvent[];
  spans: readonly SpanRecord[];
  links: readonly RunLink[];
  jobs: ReadonlyMap<string, Job>;
  now: number;
}

/** A name by which a run went before it was merged into another. */
export function idAlias(jobId: number, runId: string): RunAlias {
  return `id:${jobId}/${runId}`;
}

export class EventResolver {
  readonly #table: DraftTable;
  readonly #store: Pick<LedgerStore, "findOrphans" | "spanParents">;
  readonly #input: ResolveInput;
  readonly #roots: OverlappingRoots;
  #orphans: RunEvent[] = [];
  /** Aliases that came to a run in this round: orphans may wait under them. */
  readonly #named = new Set<RunAlias>();

  constructor(
    table: DraftTable,
    store: Pick<LedgerStore, "findOrphans" | "spanParents">,
    input: ResolveInput,
  ) {
    this.#table = table;
    this.#store = store;
    this.#input = input;
    this.#roots = new OverlappingRoots(input.events);
  }

  /** All but unnamed events. Answers those whose run nobody knows yet. */
  async resolve(): Promise<RunEvent[]> {
    await this.#load();
    for (const link of this.#input.links) this.#link(link);
    for (const event of this.#input.events) if (event.run.by === "id") this.#byId(event, event.run.runId);
    for (const event of this.#input.events) if (event.run.by === "span") this.#bySpan(event);
    await this.#adopt();
    if (await this.#adoptByAncestry()) await this.#adopt();
    return this.#orphans;
  }

  // ── loading ───────────────────────────────────────────────────────────────────────────────────────

  async #load(): Promise<void> {
    const { events, links } = this.#input;
    const keys = [
      ...links.map((link) => ({ jobId: this.#job(link.job).id, runId: cleanText(link.runId) })),
      ...events.flatMap((event) => this.#keysOf(event)),
    ];
    const aliases = new Set<RunAlias>();
    for (const link of links) for (const alias of link.aliases) if (isSpan(alias)) aliases.add(alias);
    for (const event of events) {
      for (const alias of spansOf(event)) aliases.add(alias);
      for (const parent of parentSpansOf(event)) aliases.add(parent);
      if (isRoot(event)) aliases.add(childrenOf(ownSpan(event) ?? ""));
    }
    await this.#table.loadKeys(keys);
    for (const { jobId, runId } of keys)
      if (this.#table.byKey(jobId, runId) === null) aliases.add(idAlias(jobId, runId));
    await this.#table.loadAliases(aliases);
  }

  /** Under which its run may stand. */
  #keysOf(event: RunEvent): { jobId: number; runId: string }[] {
    const { run } = event;
    if (event.job === null || run.by === "unnamed") return [];
    const jobId = this.#job(event.job).id;
    if (run.by === "span") return [{ jobId, runId: spanRunId(run.traceId, run.spanId) }];
    return [cleanText(run.runId), ...this.#roots.keysBeside(event)].map((runId) => ({ jobId, runId }));
  }

  #job(key: RunEvent["job"]): Job {
    const job = key === null ? undefined : this.#input.jobs.get(jobKeyText(key));
    if (job === undefined) throw new Error("An event names a job that was not loaded.");
    return job;
  }

  // ── naming ────────────────────────────────────────────────────────────────────────────────────────

  #link({ job: key, runId: given, aliases }: RunLink): void {
    const job = this.#job(key);
    const runId = cleanText(given);
    let draft = this.#find(job, runId) ?? this.#table.create(job, runId, this.#input.now);
    draft.facts = mergeFacts(draft.facts, factsOfName(runId));
    draft.names.add(runId);
    for (const alias of aliases) {
      if (isSpan(alias)) draft = this.#claim(alias, draft);
      else draft.newAliases.add(alias);
    }
  }

  #byId(event: RunEvent, given: string): void {
    const job = this.#job(event.job);
    const runId = cleanText(given);
    const found = this.#find(job, runId);
    if (event.witness === "batchwatch") {
      // Our own word about a run that is gone makes no new one.
      if (found !== null) this.#take(event, found);
      return;
    }
    const own = isRoot(event) ? ownSpan(event) : null;
    const byOwnSpan = own === null ? null : this.#table.byAlias(own);
    // Under the id with "#2" already.
    const renamed = byOwnSpan === null ? event : this.#roots.renamedFor(event, byOwnSpan.runId);
    if (byOwnSpan !== null && renamed !== event && byOwnSpan.job.id === job.id) {
      this.#take(renamed, byOwnSpan);
      return;
    }
    const separate =
      found === null ? null : this.#roots.nameBeside(event, found, (name) => this.#find(job, name));
    if (separate === null) {
      this.#take(event, found ?? this.#table.create(job, runId, event.receivedAt));
      return;
    }
    const beside =
      this.#find(job, separate.runId) ?? this.#table.create(job, separate.runId, event.receivedAt);
    this.#take(separate.event, beside);
  }

  #bySpan(event: RunEvent): void {
    if (event.run.by !== "span") return;
    const alias = spanAlias(event.run.traceId, event.run.spanId);
    const known = this.#table.byAlias(alias);
    if (event.job === null) {
      if (known === null) this.#orphans.push(event);
      else this.#take(event, known);
      return;
    }
    const job = this.#job(event.job);
    if (known !== null && known.job.id === job.id) {
      this.#take(event, known);
      return;
    }
    const runId = spanRunId(event.run.traceId, event.run.spanId);
    const draft = this.#find(job, runId) ?? this.#table.create(job, runId, event.receivedAt);
    this.#take(event, known === null ? this.#claim(alias, draft) : draft);
  }

  #find(job: Job, runId: string): RunDraft | null {
    return this.#table.byKey(job.id, runId) ?? this.#table.byAlias(idAlias(job.id, runId));
  }

  // ── taking ────────────────────────────────────────────────────────────────────────────────────────

  #take(event: RunEvent, draft: RunDraft, fromOrphans = false): void {
    const { traceId } = event;
    if (traceId !== undefined && !draft.facts.traceIds.includes(traceId))
      draft.newAliases.add(traceAlias(traceId));
    draft.add(event, fromOrphans);
    if (event.run.by === "id" && event.witness !== "batchwatch") draft.names.add(cleanText(event.run.runId));
    let owner = draft;
    for (const alias of spansOf(event)) owner = this.#claim(alias, owner);
    if (isRoot(event)) this.#handover(event, owner);
  }

  /**
   * `exec` hands TRACEPARENT to the program that it runs: where the root of one run stands in the own span of another
   * run of the same job, the two are one. Whichever comes first leaves its mark for the other.
   */
  #handover(event: RunEvent, draft: RunDraft): void {
    let owner = draft;
    for (const parent of parentSpansOf(event)) {
      owner.newAliases.add(childrenOf(parent));
      const outer = this.#table.byAlias(parent);
      if (outer !== null && outer.job.id === owner.job.id && hasOwnSpan(outer.facts, parent))
        owner = this.#table.merge(owner, outer);
    }
    const own = ownSpan(event);
    if (own === null) return;
    this.#table.noteAlias(parentSpansOf(event).map(childrenOf), owner);
    for (const inner of this.#table.allByAlias(childrenOf(own)))
      if (inner.job.id === owner.job.id) owner = this.#table.merge(owner, inner);
  }

  /** The alias names this run: it is new, known, or the other name of a run that turns out to be the same. */
  #claim(alias: RunAlias, draft: RunDraft): RunDraft {
    const owner = this.#table.byAlias(alias);
    if (owner === draft) return draft;
    if (owner === null) {
      this.#table.setAlias(alias, draft);
      this.#named.add(alias);
      return draft;
    }
    if (owner.job.id !== draft.job.id) return draft;
    if (areOne(alias, draft, owner)) return this.#table.merge(draft, owner);
    if (hasOwnSpan(draft.facts, alias) && !hasOwnSpan(owner.facts, alias)) this.#table.setAlias(alias, draft);
    return draft;
  }

  // ── orphans ───────────────────────────────────────────────────────────────────────────────────────

  /** An adopted event may name further spans, under which others wait: until nothing moves any more. */
  async #adopt(): Promise<void> {
    for (;;) {
      const waiting = this.#orphans;
      this.#orphans = [];
      for (const event of waiting) this.#bySpan(event);
      const named = [...this.#named];
      this.#named.clear();
      const stored = named.length === 0 ? [] : await this.#store.findOrphans(named);
      await this.#table.loadAliases(stored.flatMap(spansOf));
      for (const event of stored) {
        if (event.run.by !== "span") continue;
        const draft = this.#table.byAlias(spanAlias(event.run.traceId, event.run.spanId));
        if (draft !== null) this.#take(event, draft, true);
      }
      if (this.#orphans.length === waiting.length && stored.length === 0) return;
    }
  }

  /** Answers whether any found its run: its own span may be what others wait for. */
  async #adoptByAncestry(): Promise<boolean> {
    const found = await findByAncestry(this.#orphans, {
      table: this.#table,
      store: this.#store,
      spans: this.#input.spans,
    });
    const adopted = new Set<string>();
    for (const { event, draft, wasStored } of found) {
      if (adopted.has(event.eventId)) continue;
      adopted.add(event.eventId);
      this.#take(event, draft, wasStored);
    }
    this.#orphans = this.#orphans.filter((event) => !adopted.has(event.eventId));
    return adopted.size > 0;
  }
}

/**
 * Two runs of one job claim a span. A shadow run, known by a span only, is the run that names the span; a root span
 * without an id is named by whoever knows it (a log line inside). A root that has an id of its own stays apart from
 * another run that is merely mentioned in it.
 */
function areOne(alias: RunAlias, a: RunDraft, b: RunDraft): boolean {
  if (isShadow(a) || isShadow(b)) return true;
  const isOwn = hasOwnSpan(a.facts, alias) || hasOwnSpan(b.facts, alias);
  if (!isOwn) return false;
  const isNamed = hasOwnNamedSpan(a.facts, alias) || hasOwnNamedSpan(b.facts, alias);
  return !isNamed || !(isExplicit(a) && isExplicit(b));
}

function isExplicit(draft: RunDraft): boolean {
  return draft.facts.name?.rank === 0;
}

function isShadow(draft: RunDraft): boolean {
  return !isExplicit(draft) && !hasRootSpan(draft.facts);
}

function isSpan(alias: RunAlias): boolean {
  return !alias.startsWith("trace:");
}

function ownSpan(event: RunEvent): RunAlias | null {
  return event.traceId === undefined || event.spanId === undefined
    ? null
    : spanAlias(event.traceId, event.spanId);
}

/** The start or the end of a run that came with a span of its own. */
function isRoot(event: RunEvent): boolean {
  if (ownSpan(event) === null || event.witness === "batchwatch") return false;
  return event.kind === "started" || (TERMINAL_EVENT_KINDS as ReadonlySet<string>).has(event.kind);
}

/** Every span that an event says to belong to its run. */
function spansOf(event: RunEvent): RunAlias[] {
  const own = ownSpan(event);
  const spans = new Set(isRoot(event) ? [] : event.aliases.filter(isSpan));
  if (event.run.by === "span") spans.add(spanAlias(event.run.traceId, event.run.spanId));
  if (own !== null && event.witness !== "batchwatch") spans.add(own);
  return [...spans];
}

/** What a root names beside its own span is the span in which it stands: not its own, and perhaps nobody's. */
function parentSpansOf(event: RunEvent): RunAlias[] {
  if (!isRoot(event)) return [];
  const own = ownSpan(event);
  return event.aliases.filter((alias) => isSpan(alias) && alias !== own);
}

/** The alias under which runs wait whose root stands in the span. Several runs may have it. */
function childrenOf(span: RunAlias): RunAlias {
  return `in:${span}`;
}
