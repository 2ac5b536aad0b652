/**
 * The runs that were written last, with their facts, so that a heartbeat needs no read. Bounded; only ever a saving:
 * rows carry a version, and a commit against an older one is refused and starts over with an empty cache.
 */
import type { RunAlias } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { RunFacts } from "../../model/run-facts.ts";

export interface KnownRun {
  job: Job;
  run: Run;
  facts: RunFacts;
}

const DEFAULT_RUNS = 20_000;
const ALIASES_PER_RUN = 4;

export class RunCache {
  readonly #limit: number;
  readonly #byId = new Map<number, KnownRun>();
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
    this.#idByKey.delete(runKey(known.run.jobId, known.run.runId));
  }

  clear(): void {
    this.#byId.clear();
    this.#idByKey.clear();
    this.#idByAlias.clear();
  }

  #trim(): void {
    if (this.#byId.size <= this.#limit && this.#idByAlias.size <= this.#limit * ALIASES_PER_RUN) return;
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= this.#limit) break;
      this.remove(id);
    }
    for (const alias of this.#idByAlias.keys()) {
      if (this.#idByAlias.size <= this.#limit * ALIASES_PER_RUN) break;
      this.#idByAlias.delete(alias);
    }
  }
}

export function runKey(jobId: number, runId: string): string {
  return `${jobId} ${runId}`;
}
