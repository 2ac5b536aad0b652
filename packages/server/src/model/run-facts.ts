/**
 * The facts of a run: a join-semilattice. `mergeFacts` is commutative, associative and idempotent, so the facts, and
 * the RunView projected from them, are the same for every order and duplication of the same events, and two runs that
 * turn out to be one are merged by the same function (DESIGN decision 6).
 *
 * Starts, ends and the like are few and kept as a set of marks; heartbeats and progress are many and kept as extremes.
 */
import type { RunEvent } from "./run-event.ts";

/** A mark: one event of the kinds that shape a run, without what is only shown. Keyed by `eventId`. */
export type Mark = Omit<RunEvent, "job" | "run" | "aliases" | "receivedAt" | "jobSettings" | "message">;

export interface BeatFacts {
  first: number;
  last: number;
}

export interface RunFacts {
  /** Sorted by eventId; bounded (the smallest MARK_LIMIT by rank, at and id stay, so the bound is order-free too). */
  marks: readonly Mark[];
  /** Heartbeats, by witness. */
  beats: Readonly<Record<string, BeatFacts>>;
  /** The largest count seen and the earliest time it was seen at. */
  progressCount: { processed: number; at: number } | null;
  /** Latest report of a rate (ties: the larger rate). */
  progressRate: { rate: number; at: number } | null;
  /** Latest time at which a rate above zero was reported. */
  movingAt: number | null;
  progressTotal: { total: number; at: number } | null;
  /** Running totals reported before the end, latest wins (ties: the larger). */
  runningFailed: { failed: number; at: number } | null;
  heartbeatIntervalMs: number | null;
  /** First and last `at` by witness. */
  seen: Readonly<Record<string, { first: number; last: number }>>;
}

export const MARK_LIMIT = 4096;
