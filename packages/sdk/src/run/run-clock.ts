/**
 * The clock of one run: instants by the wall, lengths by the steady clock. A wall clock that is set back makes no event earlier than
 * the one before it, and no length negative.
 */
export class RunClock {
  readonly startedAt: number;
  readonly #startedSteadyMs = performance.now();
  #lastAt: number;

  constructor() {
    this.startedAt = Date.now();
    this.#lastAt = this.startedAt;
  }

  now(): number {
    this.#lastAt = Math.max(this.#lastAt, Date.now());
    return this.#lastAt;
  }

  /** Since the run's start. */
  elapsedMs(): number {
    return performance.now() - this.#startedSteadyMs;
  }
}
