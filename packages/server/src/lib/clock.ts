/** The one clock. Everything that judges is given the time; only this file and main.ts read the system's. */
export interface Clock {
  /** Epoch milliseconds, integer. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is moved. For tests and replays. */
export class ManualClock implements Clock {
  #now: number;
  constructor(now: number) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  set(now: number): void {
    this.#now = now;
  }
  advance(ms: number): void {
    this.#now += ms;
  }
}
