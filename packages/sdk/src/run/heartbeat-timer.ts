/**
 * The heartbeat of a run on the job's own thread: where nobody else beats for it. It keeps no process alive, and a busy event
 * loop delays it; the thread of `configureExport` has neither fault.
 */
import { guarded } from "./guarded.ts";
import { isBeatenElsewhere } from "./hub.ts";

export class HeartbeatTimer {
  readonly #intervalMs: number | null;
  readonly #beat: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(intervalMs: number | null, beat: () => void) {
    this.#intervalMs = intervalMs;
    this.#beat = beat;
  }

  start(): void {
    if (this.#intervalMs === null || isBeatenElsewhere()) return;
    this.#timer = setInterval(() => guarded("heartbeat", this.#beat, undefined), this.#intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
