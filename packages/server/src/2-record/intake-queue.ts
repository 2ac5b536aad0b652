/**
 * What waits for the next round, and who is let in (DESIGN decision 11). Terminal events are admitted to a higher
 * limit and go first: order inside a run does not matter, for the reducer takes events in any order.
 */
import { TERMINAL_EVENT_KINDS } from "@batchwatch/protocol";
import { type IntakeBatch, type IntakeOutcome, IntakeOverloadedError } from "../model/intake.ts";

export interface PendingBatch {
  batch: IntakeBatch;
  sizeBytes: number;
  resolve: (outcome: IntakeOutcome) => void;
  reject: (error: unknown) => void;
}

export interface IntakeLimits {
  maxPendingBytes: number;
  /** On top, for batches that hold a terminal event. */
  terminalReserveBytes: number;
}

/** One round stays short, so that no answer waits long: events and bytes, whichever comes first. */
const ROUND_EVENTS = 1024;
const ROUND_BYTES = 16 * 1024 * 1024;
/** What a batch costs beside its content. */
const BATCH_OVERHEAD_BYTES = 512;
const RETRY_AFTER_SECONDS = 2;

export class IntakeQueue {
  readonly #limits: IntakeLimits;
  #urgent: PendingBatch[] = [];
  #ordinary: PendingBatch[] = [];
  #pendingBytes = 0;

  constructor(limits: IntakeLimits) {
    this.#limits = limits;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get length(): number {
    return this.#urgent.length + this.#ordinary.length;
  }

  /** @throws IntakeOverloadedError */
  add(batch: IntakeBatch, resolve: PendingBatch["resolve"], reject: PendingBatch["reject"]): void {
    const sizeBytes = Math.max(0, batch.sizeBytes) + BATCH_OVERHEAD_BYTES;
    const urgent = isUrgent(batch);
    const { maxPendingBytes, terminalReserveBytes } = this.#limits;
    const limit = maxPendingBytes + (urgent ? terminalReserveBytes : 0);
    // A batch larger than the limit is let in alone, or it could never be stored.
    if (this.#pendingBytes > 0 && this.#pendingBytes + sizeBytes > limit)
      throw new IntakeOverloadedError(RETRY_AFTER_SECONDS);
    this.#pendingBytes += sizeBytes;
    (urgent ? this.#urgent : this.#ordinary).push({ batch, sizeBytes, resolve, reject });
  }

  /** The next round's batches, at least one while any waits. They count as pending until `settled`. */
  take(): PendingBatch[] {
    const taken: PendingBatch[] = [];
    let bytes = 0;
    let events = 0;
    const fits = (next: PendingBatch): boolean =>
      taken.length === 0 ||
      (bytes + next.sizeBytes <= ROUND_BYTES && events + next.batch.events.length <= ROUND_EVENTS);
    const takeFrom = (queue: PendingBatch[]): PendingBatch[] => {
      let count = 0;
      for (const next of queue) {
        if (!fits(next)) break;
        taken.push(next);
        bytes += next.sizeBytes;
        events += next.batch.events.length;
        count += 1;
      }
      return queue.slice(count);
    };
    this.#urgent = takeFrom(this.#urgent);
    if (this.#urgent.length === 0) this.#ordinary = takeFrom(this.#ordinary);
    return taken;
  }

  settled({ sizeBytes }: PendingBatch): void {
    this.#pendingBytes -= sizeBytes;
  }
}

/** Holds the end of a run, or a word of Batchwatch's own about one. */
function isUrgent(batch: IntakeBatch): boolean {
  return batch.events.some(
    ({ kind, witness }) =>
      witness === "batchwatch" || (TERMINAL_EVENT_KINDS as ReadonlySet<string>).has(kind),
  );
}
