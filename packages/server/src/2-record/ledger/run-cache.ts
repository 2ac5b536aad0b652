/**
 * The runs that were written last, with their facts, so that a heartbeat needs no read. Bounded; only ever a saving:
 * rows carry a version, and a commit against an older one is refused and starts over with an empty cache.
 */
import type { RunAlias } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { RunFacts } from "../../model/run-facts.ts";
import { isClosed } from "./needs-judging.ts";

export interface KnownRun {
  job: Job;
  run: Run;
  facts: RunFacts;
}

const DEFAULT_RUNS = 20_000;
/** Of those, runs of which nothing more is expected: a late word about one is read again. They would fill the memory. */
const CLOSED_RUNS = 2_000;
const ALIASES_PER_RUN = 4;

export class RunCache {
  readonly #limit: number;
  readonly #byId = new Map<number, KnownRun>();
  readonly #closed = new Set<number>();
  readonly #idByKey = new Map<string, number>();
  readonly #idByAlias = new Map<RunAlias, number>();

  constructor(limit = DEFAULT_RUNS) {
    this.#limit = limit;
  }

  byId(id: number): KnownRun | undefined {
    return this.#byId.get(id);
  }

  byKey(jobId: number, runId: string): KnownRun | undefined {
    const id = this.#idByKey.get(runKey(jobId, runId));
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** The run that has the alias. Only for spans and old names: other aliases may belong to several. */
  byAlias(alias: RunAlias): KnownRun | undefined {
    const id = this.#idByAlias.get(alias);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  put(known: KnownRun, aliases: Iterable<RunAlias>): void {
    const { id, jobId, runId } = known.run;
    this.#byId.delete(id);
    this.#byId.set(id, known);
    this.#closed.delete(id);
    if (isClosed(known.run)) this.#closed.add(id);
    this.#idByKey.set(runKey(jobId, runId), id);
    for (const alias of aliases) {
      this.#idByAlias.delete(alias);
      this.#idByAlias.set(alias, id);
    }
    this.#trim();
  }

  remove(id: number): void {
    const known = this.#byId.get(id);
    if (known === undefined) return;
    this.#byId.delete(id);
    this.#closed.delete(id);
    this.#idByKey.delete(runKey(known.run.jobId, known.run.runId));
  }

  clear(): void {
    this.#byId.clear();
    this.#closed.clear();
    this.#idByKey.clear();
    this.#idByAlias.clear();
  }

  #trim(): void {
    trim(this.#closed, CLOSED_RUNS, (id) => this.remove(id));
    trim(this.#byId, this.#limit, (id) => this.remove(id));
    trim(this.#idByAlias, this.#limit * ALIASES_PER_RUN, (alias) => this.#idByAlias.delete(alias));
  }
}

/** Lets the oldest go. */
function trim<Key>(
  kept: { size: number; keys(): Iterable<Key> },
  limit: number,
  drop: (key: Key) => void,
): void {
  if (kept.size <= limit) return;
  for (const key of kept.keys()) {
    if (kept.size <= limit) return;
    drop(key);
  }
}

export function runKey(jobId: number, runId: string): string {
  return `${jobId} ${runId}`;
}
