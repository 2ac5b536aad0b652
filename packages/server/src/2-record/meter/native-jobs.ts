/**
 * Which jobs count by themselves: those that did lately. Of a job that nobody has seen a run of yet it cannot be known; of one
 * whose runs came without counters it is known that it does not.
 */
import type { NativeIncrement } from "../../model/meter.ts";
import type { Run } from "../../model/run.ts";
import type { MeterStore } from "../../storage/meter-store.ts";
import { isFromTelemetry } from "./native-cover.ts";

const LATELY_MS = 35 * 86_400_000;

export class NativeJobs {
  readonly #counting = new Set<number>();
  readonly #silent = new Set<number>();

  static async load(store: Pick<MeterStore, "nativeFamilies">, now: number): Promise<NativeJobs> {
    const jobs = new NativeJobs();
    for (const { jobId } of await store.nativeFamilies(now - LATELY_MS)) jobs.#counting.add(jobId);
    return jobs;
  }

  heard(increments: readonly NativeIncrement[]): void {
    for (const { jobId } of increments) this.#counting.add(jobId);
  }

  /** A run was taken in, by whomever it was counted. */
  metered(run: Run): void {
    if (isFromTelemetry(run) && !this.#counting.has(run.jobId)) this.#silent.add(run.jobId);
  }

  /** False: nothing that it counts itself is waited for. */
  mayCount(jobId: number): boolean {
    return this.#counting.has(jobId) || !this.#silent.has(jobId);
  }
}
