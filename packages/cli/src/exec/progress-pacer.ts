/**
 * Lets reports of progress through at a bounded rate: the first at once, then at most one a second in the first minute
 * and fewer as the run grows long, never fewer than one a heartbeat. The newest always gets through.
 */
import { steadyMs } from "../steady-clock.ts";

const FIRST_GAP_MS = 1000;
const GAPS_PER_RUN = 60;

export class ProgressPacer {
  readonly #emit: () => void;
  readonly #maxGapMs: number;
  readonly #startedAt = steadyMs();
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(maxGapMs: number, emit: () => void) {
    this.#maxGapMs = maxGapMs;
    this.#emit = emit;
  }

  changed(): void {
    if (this.#timer !== null) return;
    const now = steadyMs();
    const gapMs = Math.min(Math.max(FIRST_GAP_MS, (now - this.#startedAt) / GAPS_PER_RUN), this.#maxGapMs);
    const waitMs = this.#lastAt + gapMs - now;
    if (waitMs <= 0) this.#now();
    else this.#timer = setTimeout(() => this.#now(), waitMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #now(): void {
    this.stop();
    this.#lastAt = steadyMs();
    this.#emit();
  }
}
