/**
 * Sends one run's events while the command runs, in the background, and bounds what is left to do after its end.
 *
 * 1. An event waits in `#unacknowledged` from `send` until the server has said that it is recorded.
 * 2. One request is under way at a time; what arrives meanwhile goes with the next. A heartbeat or progress event that
 *    waits is replaced by its successor, so memory stays bounded while the server is away.
 * 3. At the first failure everything that waits is spooled, so that even `kill -9` of this process leaves the start.
 * 4. `finish` sends the last event at once beside a request that hangs; after `WRITE_AHEAD_MS` without an answer all is
 *    spooled; at the deadline the rest is left to the spool.
 * 5. The spool's older files go out while the command runs, once the server has answered; at most `MAX_DRAIN_MS` after it.
 * Sending twice is harmless: each event has its own id.
 */
import type { RunEventInput } from "@batchwatch/protocol/run-event";
import { steadyMs } from "../steady-clock.ts";
import { type DeliveryOutcome, deliverEvents } from "./deliver-events.ts";
import { drainSpool } from "./drain-spool.ts";
import type { PostFailure } from "./post-events.ts";
import type { ServerTarget } from "./server-target.ts";
import type { Spool } from "./spool.ts";

const POST_TIMEOUT_MS = 10_000;
/** A command that has ended by then is told of in one request; a longer one has the processor to itself at its start. */
const FIRST_SEND_MS = 20;
const MAX_BATCH_EVENTS = 100;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 5_000;
const WRITE_AHEAD_MS = 200;
const FINAL_RETRY_MS = 300;
const MAX_DRAIN_MS = 500;

export interface EventSenderOptions {
  target: ServerTarget;
  /** Null: what cannot be delivered is lost, and said to be. */
  spool: Spool | null;
  now: () => number;
  warn: (message: string) => void;
}

export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #unacknowledged = new Set<RunEventInput>();
  readonly #inFlight = new Set<RunEventInput>();
  readonly #stop = new AbortController();
  #spooledAs: string | null = null;
  #backoffMs = FIRST_BACKOFF_MS;
  /** Nothing is sent while it runs. */
  #retryTimer: NodeJS.Timeout | null = null;
  #begun = false;
  #finishing = false;
  #saidAway = false;
  #drain: Promise<unknown> | null = null;

  constructor(options: EventSenderOptions) {
    this.#options = options;
  }

  /** Takes an event; returns at once. */
  send(event: RunEventInput): void {
    if (event.kind === "heartbeat" || event.kind === "progress") {
      for (const waiting of this.#waiting())
        if (waiting.kind === event.kind) this.#unacknowledged.delete(waiting);
    }
    this.#unacknowledged.add(event);
    if (this.#finishing || this.#inFlight.size > 0 || this.#retryTimer !== null) return;
    if (this.#begun) void this.#pump();
    else this.#pumpAfter(FIRST_SEND_MS);
    this.#begun = true;
  }

  /**
   * Sends the last event. Resolves when the server has everything, or all that it has not is in the spool; at the latest
   * `timeoutMs` from now (and the time of one synced write).
   */
  async finish(event: RunEventInput, timeoutMs: number): Promise<void> {
    this.#finishing = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#unacknowledged.add(event);
    const endsAt = steadyMs() + timeoutMs;
    const deadline = setTimeout(() => this.#stop.abort(), timeoutMs);
    const writeAhead = setTimeout(() => this.#spoolRest(), Math.min(WRITE_AHEAD_MS, timeoutMs));
    try {
      await this.#sendRest();
      if (this.#unacknowledged.size === 0) await this.#finishDrain(endsAt - steadyMs());
    } finally {
      clearTimeout(deadline);
      clearTimeout(writeAhead);
      this.#stop.abort();
      this.#spoolRest();
      this.#unspool();
      // Aborted: it only gives its lock back.
      await this.#drain;
    }
  }

  /** Ends `finish` now: somebody wants this process to go. */
  hurry(): void {
    if (this.#finishing) this.#stop.abort();
  }

  async #pump(): Promise<void> {
    for (;;) {
      const batch = this.#waiting().slice(0, MAX_BATCH_EVENTS);
      if (batch.length === 0 || this.#finishing) return;
      const outcome = await this.#post(batch);
      if (outcome.kind === "unavailable" || outcome.kind === "misdirected") {
        this.#spoolRest();
        this.#retryLater(outcome.kind === "unavailable" ? outcome.retryAfterMs : null);
        return;
      }
      this.#backoffMs = FIRST_BACKOFF_MS;
      this.#startDrain();
    }
  }

  async #sendRest(): Promise<void> {
    for (let attempt = 1; attempt <= 2 && !this.#stop.signal.aborted; attempt++) {
      if (attempt > 1) await this.#pause(FINAL_RETRY_MS);
      const batch = this.#waiting().slice(-MAX_BATCH_EVENTS);
      if (batch.length === 0) break;
      const outcome = await this.#post(batch);
      if (outcome.kind === "delivered" || outcome.kind === "refused") break;
    }
    // A request that was under way when the command ended may still be answered.
    while (this.#inFlight.size > 0 && !this.#stop.signal.aborted) await this.#pause(5);
  }

  async #post(batch: readonly RunEventInput[]): Promise<DeliveryOutcome> {
    for (const event of batch) this.#inFlight.add(event);
    const outcome = await deliverEvents(this.#options.target, batch, {
      timeoutMs: POST_TIMEOUT_MS,
      signal: this.#stop.signal,
    });
    for (const event of batch) this.#inFlight.delete(event);
    switch (outcome.kind) {
      case "delivered":
        for (const event of batch) this.#unacknowledged.delete(event);
        for (const reason of outcome.settingsRefused)
          this.#options.warn(`the run is recorded, but the server refused its settings: ${reason}`);
        for (const reason of outcome.leftOut) this.#options.warn(`the server left a field out: ${reason}`);
        this.#setAside(outcome.refused);
        this.#unspool();
        break;
      case "refused":
        for (const event of batch) this.#unacknowledged.delete(event);
        this.#setAside(batch.map((event) => ({ event, message: outcome.message })));
        break;
      case "misdirected":
      case "unavailable":
        this.#sayAway(outcome);
        break;
    }
    return outcome;
  }

  #waiting(): RunEventInput[] {
    return [...this.#unacknowledged].filter((event) => !this.#inFlight.has(event));
  }

  #retryLater(retryAfterMs: number | null): void {
    if (this.#finishing) return;
    const waitMs = Math.min(Math.max(this.#backoffMs, retryAfterMs ?? 0), MAX_BACKOFF_MS);
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS);
    this.#pumpAfter(waitMs);
  }

  #pumpAfter(waitMs: number): void {
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      void this.#pump();
    }, waitMs);
  }

  #sayAway(outcome: PostFailure): void {
    if (this.#saidAway) return;
    this.#saidAway = true;
    const { spool } = this.#options;
    const needsKey = outcome.kind === "misdirected" && outcome.needsKey;
    const then =
      spool === null
        ? "its events are lost"
        : needsKey
          ? "its events are kept; with a key that may send, batchwatch spool send --any-key sends them"
          : "its events are kept and sent later";
    this.#options.warn(`${outcome.message}; the job goes on, ${then}`);
  }

  #setAside(refused: readonly { event: RunEventInput; message: string }[]): void {
    if (refused.length === 0) return;
    this.#options.warn(
      `the server refused an event of this run (${refused[0]?.event.kind}): ${refused[0]?.message}`,
    );
    this.#options.spool?.writeRejected(refused, this.#options.now());
  }

  /** Puts all that is unacknowledged into one file, which takes the place of the file before. */
  #spoolRest(): void {
    const { spool, target, now, warn } = this.#options;
    if (spool === null || this.#unacknowledged.size === 0) return;
    const before = this.#spooledAs;
    try {
      this.#spooledAs = spool.write([...this.#unacknowledged], target, now());
      if (before !== null) spool.remove(before);
      else spool.prune(now());
    } catch (error) {
      warn(`events cannot be kept in ${spool.directory}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Nothing of ours stays in the spool once the server has everything. */
  #unspool(): void {
    if (this.#unacknowledged.size > 0) return;
    if (this.#spooledAs !== null) this.#options.spool?.remove(this.#spooledAs);
    this.#spooledAs = null;
  }

  #startDrain(): void {
    const { spool, target, now, warn } = this.#options;
    if (spool === null || this.#drain !== null || this.#finishing) return;
    this.#drain = drainSpool(spool, target, { now, warn, signal: this.#stop.signal });
  }

  async #finishDrain(leftMs: number): Promise<void> {
    const { spool, target, now, warn } = this.#options;
    if (spool === null) return;
    this.#drain ??= drainSpool(spool, target, { now, warn, signal: this.#stop.signal });
    const timer = setTimeout(() => this.#stop.abort(), Math.min(MAX_DRAIN_MS, Math.max(0, leftMs)));
    await this.#drain;
    clearTimeout(timer);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const { signal } = this.#stop;
    const done = (): void => resolve();
    signal.addEventListener("abort", done);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", done);
  }
}
