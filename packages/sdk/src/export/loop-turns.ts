/** Notes in shared memory when this thread's event loop last turned, so that another thread sees whether it is stuck. */
import { LOOP_SLOT, LOOP_TURN_MS } from "./loop-slots.ts";

export class LoopTurns {
  readonly shared = new Float64Array(new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT));
  #timer: NodeJS.Timeout | null = null;

  start(): void {
    this.shared[LOOP_SLOT.turnedAt] = Date.now();
    if (this.#timer !== null) return;
    let dueMs = performance.now() + LOOP_TURN_MS;
    this.#timer = setInterval(() => {
      const late = performance.now() - dueMs;
      dueMs = performance.now() + LOOP_TURN_MS;
      this.shared[LOOP_SLOT.turnedAt] = Date.now();
      this.shared[LOOP_SLOT.lateMs] = Math.max(this.shared[LOOP_SLOT.lateMs] ?? 0, late);
    }, LOOP_TURN_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
