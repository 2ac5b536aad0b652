/**
 * The runs that one round works on, found by key and by alias: in the round itself, in the cache, in the store.
 * Everything is loaded before it is resolved (`load…`), so that resolving is plain and synchronous where it can be.
 */

import { factsOfEvent, factsOfName } from "../../model/facts-of-event.ts";
import { type RunAlias, traceAlias } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import { EMPTY_FACTS, mergeFacts, type RunFacts } from "../../model/run-facts.ts";
import type { LedgerStore, StoredRun } from "../../storage/ledger-store.ts";
import { type KnownRun, type RunCache, runKey } from "./run-cache.ts";
import { hasOwnSpan, RunDraft } from "./run-draft.ts";

type RunStore = Pick<LedgerStore, "findRuns" | "getRuns" | "findByAliases" | "allRunEvents" | "getJobs">;

export class DraftTable {
  readonly #store: RunStore;
  readonly #cache: RunCache;
  readonly #jobs: Map<number, Job>;
  readonly #byKey = new Map<string, RunDraft | null>();
  readonly #byRow = new Map<number, RunDraft>();
  readonly #byAlias = new Map<RunAlias, RunDraft | null>();
  readonly #allByAlias = new Map<RunAlias, Set<RunDraft>>();
  #nextRef = -1;

  constructor(store: RunStore, cache: RunCache, jobs: Iterable<Job>) {
    this.#store = store;
    this.#cache = cache;
    this.#jobs = new Map([...jobs].map((job) => [job.id, job]));
  }

  /** Every draft that is still one of its own. */
  *drafts(): Iterable<RunDraft> {
    const seen = new Set<RunDraft>();
    for (const draft of [...this.#byRow.values(), ...this.#byKey.values()]) {
      if (draft === null || draft.mergedInto !== null || seen.has(draft)) continue;
      seen.add(draft);
      yield draft;
    }
  }

  // ── finding ───────────────────────────────────────────────────────────────────────────────────────

  async loadKeys(keys: readonly { jobId: number; runId: string }[]): Promise<void> {
    const unknown = new Map<string, { jobId: number; runId: string }>();
    for (const { jobId, runId } of keys) {
      const key = runKey(jobId, runId);
      if (this.#byKey.has(key) || unknown.has(key)) continue;
      const cached = this.#cache.byKey(jobId, runId);
      if (cached === undefined) unknown.set(key, { jobId, runId });
      else this.#byKey.set(key, this.#draftOfKnown(cached));
    }
    if (unknown.size === 0) return;
    for (const key of unknown.keys()) this.#byKey.set(key, null);
    await this.#takeStored(await this.#store.findRuns([...unknown.values()]));
  }

  async loadAliases(aliases: Iterable<RunAlias>): Promise<void> {
    const unknown = new Set<RunAlias>();
    for (const alias of aliases) {
      if (this.#byAlias.has(alias)) continue;
      const cached = this.#cache.byAlias(alias);
      if (cached === undefined) unknown.add(alias);
      else this.#byAlias.set(alias, this.#draftOfKnown(cached));
    }
    if (unknown.size === 0) return;
    for (const alias of unknown) this.#byAlias.set(alias, null);
    const found = await this.#store.findByAliases([...unknown]);
    await this.loadRows(found.map(({ runRowId }) => runRowId));
    for (const { alias, runRowId } of found) {
      const draft = this.#byRow.get(runRowId);
      if (draft !== undefined) this.noteAlias([alias], draft);
      // Of several that claim a span, the one whose own it is.
      if (draft !== undefined && (this.#byAlias.get(alias) === null || hasOwnSpan(draft.facts, alias)))
        this.#byAlias.set(alias, draft);
    }
  }

  async loadRows(ids: readonly number[]): Promise<void> {
    const unknown: number[] = [];
    for (const id of new Set(ids)) {
      if (this.#byRow.has(id)) continue;
      const cached = this.#cache.byId(id);
      if (cached === undefined) unknown.push(id);
      else this.#draftOfKnown(cached);
    }
    if (unknown.length > 0) await this.#takeStored(await this.#store.getRuns(unknown));
  }

  byKey(jobId: number, runId: string): RunDraft | null {
    return survivor(this.#byKey.get(runKey(jobId, runId)) ?? null);
  }

  byRow(id: number): RunDraft | null {
    return survivor(this.#byRow.get(id) ?? null);
  }

  byAlias(alias: RunAlias): RunDraft | null {
    return survivor(this.#byAlias.get(alias) ?? null);
  }

  /** Of an alias that several runs may have. */
  allByAlias(alias: RunAlias): RunDraft[] {
    return [...(this.#allByAlias.get(alias) ?? [])].flatMap((draft) => survivor(draft) ?? []);
  }

  /** A hint: the run of each trace that holds exactly one, of those stored and those of this round. */
  async onlyRunsOfTraces(traceIds: readonly string[]): Promise<ReadonlyMap<string, RunDraft>> {
    const only = new Map<string, RunDraft>();
    if (traceIds.length === 0) return only;
    const found = await this.#store.findByAliases([...new Set(traceIds)].map(traceAlias));
    await this.loadRows(found.map(({ runRowId }) => runRowId));
    const runs = new Map<string, Set<RunDraft>>();
    const note = (alias: RunAlias, draft: RunDraft | null): void => {
      if (draft !== null) runs.set(alias, (runs.get(alias) ?? new Set()).add(draft));
    };
    for (const { alias, runRowId } of found) note(alias, this.byRow(runRowId));
    for (const draft of this.drafts()) for (const alias of draft.newAliases) note(alias, draft);
    for (const traceId of traceIds) {
      const [draft, another] = runs.get(traceAlias(traceId)) ?? [];
      if (draft !== undefined && another === undefined) only.set(traceId, draft);
    }
    return only;
  }

  noteAlias(aliases: readonly RunAlias[], draft: RunDraft): void {
    for (const alias of aliases) {
      const known = this.#allByAlias.get(alias) ?? new Set();
      this.#allByAlias.set(alias, known.add(draft));
    }
  }

  // ── changing ──────────────────────────────────────────────────────────────────────────────────────

  create(job: Job, runId: string, receivedAt: number): RunDraft {
    const draft = new RunDraft({
      ref: this.#nextRef--,
      job,
      runId,
      stored: null,
      facts: EMPTY_FACTS,
      firstReceivedAt: receivedAt,
    });
    draft.touched = true;
    this.#byKey.set(runKey(job.id, runId), draft);
    return draft;
  }

  setAlias(alias: RunAlias, draft: RunDraft): void {
    if (this.byAlias(alias) === draft) return;
    this.#byAlias.set(alias, draft);
    draft.newAliases.add(alias);
    draft.touched = true;
  }

  /** Two that are one. The row that has the better name stays, else the older one, to which more may point. */
  merge(a: RunDraft, b: RunDraft): RunDraft {
    if (a === b) return a;
    const best = mergeFacts(a.facts, b.facts).name?.runId;
    const rank = (draft: RunDraft): number => {
      if (draft.stored === null) return 2;
      return draft.runId === best ? 0 : 1;
    };
    const order = rank(a) - rank(b) || a.ref - b.ref;
    const [kept, gone] = order <= 0 ? [a, b] : [b, a];
    kept.absorb(gone);
    return kept;
  }

  // ── loading ───────────────────────────────────────────────────────────────────────────────────────

  async #takeStored(found: readonly StoredRun[]): Promise<void> {
    const strangers = [...new Set(found.map(({ run }) => run.jobId))].filter((id) => !this.#jobs.has(id));
    for (const job of strangers.length === 0 ? [] : await this.#store.getJobs(strangers))
      this.#jobs.set(job.id, job);
    for (const { run, facts } of found) {
      if (this.#byRow.has(run.id)) continue;
      this.#draftOf(run, facts ?? (await this.#rebuild(run)));
    }
  }

  /** Facts of a closed run are not kept. */
  async #rebuild(run: Run): Promise<RunFacts> {
    const events = await this.#store.allRunEvents(run.id);
    const named = factsOfName(run.runId, run.anonymous);
    return events.reduce((facts, event) => mergeFacts(facts, factsOfEvent(event)), named);
  }

  #draftOfKnown({ job, run, facts }: KnownRun): RunDraft {
    if (!this.#jobs.has(job.id)) this.#jobs.set(job.id, job);
    return this.#draftOf(run, facts);
  }

  #draftOf(run: Run, facts: RunFacts): RunDraft {
    const known = this.#byRow.get(run.id);
    if (known !== undefined) return known;
    const job = this.#jobs.get(run.jobId);
    if (job === undefined) throw new Error(`Run ${run.runId} belongs to job ${run.jobId}, which is gone.`);
    const { firstReceivedAt } = run;
    const draft = new RunDraft({ ref: run.id, job, runId: run.runId, stored: run, facts, firstReceivedAt });
    this.#byRow.set(run.id, draft);
    this.#byKey.set(runKey(run.jobId, run.runId), draft);
    return draft;
  }
}

function survivor(draft: RunDraft | null): RunDraft | null {
  let kept = draft;
  while (kept !== null && kept.mergedInto !== null) kept = kept.mergedInto;
  return kept;
}
