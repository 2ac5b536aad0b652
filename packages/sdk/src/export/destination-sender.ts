/**
 * Sends to one destination, on the sending thread.
 *
 * 1. A body waits in its signal's lane; one request a lane is under way. 2. At the first failure all that waits is spooled and the
 * destination counts as away: what comes then is spooled at once. 3. After a back-off the spool is sent, oldest first; when it is
 * empty the lanes are open again. 4. With the first success the spool of earlier processes is sent. 5. `finish` bounds all this.
 * A body is acknowledged when the destination has it or the spool does: from then on nobody else need keep it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Destination, OtlpSignal } from "./export-options.ts";
import type { OtlpSpool } from "./otlp-spool.ts";
import { type OtlpBody, OtlpClient, type PostOutcome } from "./post-otlp.ts";

const POST_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 5_000;
/** At the end: what has no answer by then is spooled, in case there will be none. */
const WRITE_AHEAD_MS = 200;
const MAX_DRAIN_MS = 500;
/** More than that in memory goes to the disk. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

interface Waiting {
  id: number;
  body: OtlpBody;
  at: number;
  /** Path in the spool, where it was written ahead. */
  spooledAs: string | null;
}

export interface SenderParts {
  destination: Destination;
  /** null: what cannot be sent is lost. */
  spool: OtlpSpool | null;
  now: () => number;
  warn: (message: string) => void;
  acknowledge: (id: number) => void;
}

export class DestinationSender {
  readonly destination: Destination;
  readonly #parts: SenderParts;
  readonly #client: OtlpClient;
  readonly #lanes = new Map<OtlpSignal, Waiting[]>();
  readonly #busy = new Map<OtlpSignal, Promise<void>>();
  readonly #stop = new AbortController();
  #waitingBytes = 0;
  #isAway = false;
  #isFinishing = false;
  #backoffMs = FIRST_BACKOFF_MS;
  #retryTimer: NodeJS.Timeout | null = null;
  #drain: Promise<boolean> | null = null;
  #hasDrained = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.destination = parts.destination;
    this.#client = new OtlpClient(parts.destination);
  }

  send(id: number, body: OtlpBody): void {
    const waiting: Waiting = { id, body, at: this.#parts.now(), spooledAs: null };
    if (this.#isAway || this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#spool(waiting);
      this.#parts.acknowledge(id);
      return;
    }
    const lane = this.#lanes.get(body.signal) ?? [];
    this.#lanes.set(body.signal, lane);
    lane.push(waiting);
    this.#waitingBytes += body.body.length;
    if (!this.#busy.has(body.signal)) this.#start(body.signal, lane);
  }

  /** For what is worth nothing later, such as a heartbeat: tried once, where the destination is not away. */
  async sendNow(body: OtlpBody): Promise<void> {
    if (this.#isAway || !this.destination.signals.includes(body.signal)) return;
    await this.#client.post(body, POST_TIMEOUT_MS, this.#stop.signal);
  }

  /** Resolves when everything is sent or spooled; at the latest `timeoutMs` from now. */
  async finish(timeoutMs: number): Promise<void> {
    this.#isFinishing = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    const deadline = setTimeout(() => this.#stop.abort(), timeoutMs);
    const writeAhead = setTimeout(() => this.#spoolAll(), Math.min(WRITE_AHEAD_MS, timeoutMs));
    try {
      while (this.#busy.size > 0 && !this.#stop.signal.aborted)
        await Promise.race([Promise.all(this.#busy.values()), aborted(this.#stop.signal)]);
      if (!this.#stop.signal.aborted) await this.#finishDrain(timeoutMs);
    } finally {
      clearTimeout(deadline);
      clearTimeout(writeAhead);
      this.#stop.abort();
      this.#spoolAll();
      for (const { id } of this.#allWaiting()) this.#parts.acknowledge(id);
      this.#client.close();
    }
  }

  #start(signal: OtlpSignal, lane: Waiting[]): void {
    const pumping = this.#pump(lane).finally(() => this.#busy.delete(signal));
    this.#busy.set(signal, pumping);
  }

  async #pump(lane: Waiting[]): Promise<void> {
    for (;;) {
      const first = lane[0];
      if (first === undefined || this.#isAway || this.#stop.signal.aborted) return;
      const outcome = await this.#client.post(first.body, POST_TIMEOUT_MS, this.#stop.signal);
      if (outcome.kind === "unavailable") {
        this.#goAway(outcome);
        return;
      }
      this.#say(outcome);
      lane.shift();
      this.#done(first);
      this.#backoffMs = FIRST_BACKOFF_MS;
      if (!this.#hasDrained && !this.#isFinishing) void this.#startDrain();
    }
  }

  #done({ id, body, spooledAs }: Waiting): void {
    this.#waitingBytes -= body.body.length;
    if (spooledAs !== null) this.#parts.spool?.remove(spooledAs);
    this.#parts.acknowledge(id);
  }

  #goAway({ message, retryAfterMs }: Extract<PostOutcome, { kind: "unavailable" }>): void {
    if (this.#stop.signal.aborted) return;
    if (!this.#isAway) {
      const then =
        this.#parts.spool === null ? "what it says is lost" : "what it says is kept and sent later";
      this.#parts.warn(`${message}; the job goes on, ${then}`);
    }
    this.#isAway = true;
    this.#spoolAll();
    for (const lane of this.#lanes.values())
      for (const waiting of lane.splice(0)) this.#acknowledgeSpooled(waiting);
    this.#retryLater(retryAfterMs);
  }

  #acknowledgeSpooled({ id, body }: Waiting): void {
    this.#waitingBytes -= body.body.length;
    this.#parts.acknowledge(id);
  }

  #retryLater(retryAfterMs: number | null): void {
    if (this.#isFinishing) return;
    const waitMs = Math.max(this.#backoffMs, retryAfterMs ?? 0);
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS);
    this.#retryTimer = setTimeout(() => {
      void this.#startDrain().then((isEmpty) => {
        if (!isEmpty) this.#retryLater(null);
      });
    }, waitMs);
  }

  /** True: the spool holds nothing more for this destination. */
  #startDrain(): Promise<boolean> {
    this.#hasDrained = true;
    this.#drain ??= this.#drainSpool(this.#stop.signal).finally(() => {
      this.#drain = null;
    });
    return this.#drain;
  }

  async #drainSpool(stop: AbortSignal): Promise<boolean> {
    const { spool, now } = this.#parts;
    if (spool === null) {
      this.#isAway = false;
      return true;
    }
    for (;;) {
      const paths = spool.list(this.destination, now());
      if (paths.length === 0) {
        this.#isAway = false;
        return true;
      }
      for (const path of paths) if (stop.aborted || !(await this.#sendFile(spool, path, stop))) return false;
    }
  }

  /** False: the destination is away. */
  async #sendFile(spool: OtlpSpool, path: string, stop: AbortSignal): Promise<boolean> {
    const claimed = spool.claim(path);
    if (claimed === null) return true;
    const request = spool.read(claimed);
    if (request === null) {
      spool.remove(claimed);
      return true;
    }
    const outcome = await this.#client.post(request, POST_TIMEOUT_MS, stop);
    if (outcome.kind === "unavailable") {
      spool.giveBack(claimed);
      return false;
    }
    this.#say(outcome);
    spool.remove(claimed);
    return true;
  }

  async #finishDrain(timeoutMs: number): Promise<void> {
    if (this.#parts.spool?.list(this.destination, this.#parts.now()).length === 0) return;
    const limit = AbortSignal.any([
      this.#stop.signal,
      AbortSignal.timeout(Math.min(MAX_DRAIN_MS, timeoutMs)),
    ]);
    await this.#drainSpool(limit);
  }

  #say(outcome: PostOutcome): void {
    if (outcome.kind === "refused") this.#parts.warn(outcome.message);
    else if (outcome.kind === "delivered" && outcome.leftOut !== null)
      this.#parts.warn(`${this.destination.endpoint} left something out: ${outcome.leftOut}`);
  }

  #allWaiting(): Waiting[] {
    return [...this.#lanes.values()].flat();
  }

  #spoolAll(): void {
    for (const waiting of this.#allWaiting()) this.#spool(waiting);
  }

  #spool(waiting: Waiting): void {
    const { spool, warn } = this.#parts;
    if (spool === null || waiting.spooledAs !== null) return;
    try {
      waiting.spooledAs = spool.write(waiting.body, this.destination, waiting.at);
    } catch (error) {
      warn(
        `what cannot be sent cannot be kept in ${spool.directory}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  try {
    await sleep(2 ** 31 - 1, undefined, { signal, ref: false });
  } catch {
    // Aborted: that is what was waited for.
  }
}
