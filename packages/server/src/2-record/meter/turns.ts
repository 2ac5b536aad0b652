/** Gives way to others now and then: a look after a long downtime goes through very much, and there is one thread. */
import { setImmediate } from "node:timers/promises";

/** How long the one thread may be held. */
const HOLD_MS = 8;
/** Looking at the clock costs as well. */
const LOOK_EVERY = 16;

export class Turns {
  #heldSince = performance.now();
  #passed = 0;

  /** To be asked after each small piece: true when `give` is to be awaited. */
  isOver(): boolean {
    this.#passed += 1;
    if (this.#passed % LOOK_EVERY !== 0) return false;
    return performance.now() - this.#heldSince >= HOLD_MS;
  }

  async give(): Promise<void> {
    await setImmediate();
    this.#heldSince = performance.now();
  }
}
