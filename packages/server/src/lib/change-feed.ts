/**
 * "Something changed": said after the commit, heard in this process only. It carries no state: listeners read the
 * rows. Losing a message costs latency, never correctness (the engines poll as well).
 */
import type { RunPhase } from "@batchwatch/protocol";
import type { JobKey } from "../model/identity.ts";

export type Change =
  | { topic: "run"; jobId: number; job: JobKey; runRowId: number; runId: string; phase: RunPhase }
  | { topic: "job"; jobId: number; job: JobKey }
  | { topic: "incident"; jobId: number; job: JobKey; incidentId: number }
  /** Deadline rows were set that may be due at once. */
  | { topic: "deadlines" }
  /** Outbox rows were written. */
  | { topic: "deliveries" };

export class ChangeFeed {
  readonly #listeners = new Set<(change: Change) => void>();

  /** Answers the function that ends the subscription. A listener must not throw. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
