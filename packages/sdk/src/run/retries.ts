/** How often a run tries, and how long it waits in between. */
import { readDuration } from "@batchwatch/protocol/duration";
import type { DurationInput } from "@batchwatch/protocol/job-settings";
import { warnOnce } from "./guarded.ts";

export type Backoff =
  | DurationInput
  | {
      initial?: DurationInput;
      factor?: number;
      max?: DurationInput /** Share of chance, 0 to 1. */;
      jitter?: number;
    }
  | ((attempt: number, error: unknown) => number);

export interface Retries {
  /** Number of the first try of this call: above 1 where something else does the retrying. */
  first: number;
  /** Tries in all. */
  most: number;
  /** Whether the run has failed with this try, as far as retries go. */
  isFinal(attempt: number, error: unknown): boolean;
  /** Milliseconds before the try after `attempt`; null: no more. A mistake in a function that was handed in ends the tries. */
  waitMs(attempt: number, error: unknown): number | null;
}

const INITIAL_MS = 1_000;
const MAX_MS = 60_000;
const FACTOR = 2;
const JITTER = 0.2;
const MOST_ATTEMPTS = 1_000;

interface RetryOptions {
  attempts?: number;
  backoff?: Backoff;
  retryIf?: (error: unknown, attempt: number) => boolean;
  attempt?: number;
  maxAttempts?: number;
}

export function retriesOf(options: RetryOptions): Retries {
  const first = wholeNumber("attempt", options.attempt, 1);
  const ours = wholeNumber("attempts", options.attempts, 1);
  const most = Math.max(ours, wholeNumber("maxAttempts", options.maxAttempts, 1), first);
  const isWorth = (error: unknown, attempt: number): boolean =>
    options.retryIf === undefined || options.retryIf(error, attempt);
  return {
    first,
    most,
    isFinal: (attempt, error) => ours > 1 || attempt >= most || !isWorth(error, attempt),
    waitMs(attempt, error) {
      if (attempt >= ours) return null;
      try {
        if (!isWorth(error, attempt)) return null;
        return Math.max(0, waitBefore(options.backoff, attempt, error));
      } catch (mistake) {
        warnOnce(`retryIf or backoff threw, so there is no retry: ${String(mistake)}`);
        return null;
      }
    },
  };
}

function wholeNumber(what: string, given: number | undefined, missing: number): number {
  if (given === undefined || given === null) return missing;
  if (Number.isInteger(given) && given >= 1 && given <= MOST_ATTEMPTS) return given;
  warnOnce(`${what} must be a whole number from 1 to ${MOST_ATTEMPTS}; ${missing} is used`);
  return missing;
}

function waitBefore(backoff: Backoff | undefined, attempt: number, error: unknown): number {
  if (typeof backoff === "function") {
    const ms = backoff(attempt, error);
    return Number.isFinite(ms) ? ms : INITIAL_MS;
  }
  const shape =
    typeof backoff === "object" && backoff !== null
      ? backoff
      : backoff === undefined
        ? {}
        : { initial: backoff, factor: 1, jitter: 0 };
  const initialMs = durationOf(shape.initial, INITIAL_MS);
  const factor = typeof shape.factor === "number" && shape.factor >= 1 ? shape.factor : FACTOR;
  const jitter = Math.min(1, Math.max(0, shape.jitter ?? JITTER));
  const longest = Math.max(initialMs, durationOf(shape.max, MAX_MS));
  const plain = Math.min(longest, initialMs * factor ** (attempt - 1));
  return plain * (1 + jitter * (2 * Math.random() - 1));
}

/** A number is milliseconds here. */
function durationOf(given: DurationInput | undefined, missing: number): number {
  if (given === undefined) return missing;
  if (typeof given === "number") return Number.isFinite(given) && given >= 0 ? given : missing;
  const reading = readDuration(given);
  if (reading.ok) return reading.ms;
  warnOnce(`backoff: ${reading.why}`);
  return missing;
}
