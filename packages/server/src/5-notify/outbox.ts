/**
 * The outbox: gets each delivery row to its receiver at least once, with proof.
 *
 * 1. Claim pending rows whose time has come, with a lease. A row behind an unsent one of the same incident and receiver
 *    is not claimable, so a "resolved" never overtakes its "opened".
 * 2. Send one message, bounded in time. No receiver has more than its share under way, so one that hangs holds up nobody.
 * 3. Record the try: time, status, latency, error, and what the channel wants to remember; then delivered, due again
 *    later, or parked and shown.
 * 4. A process that dies between 2 and 3 lets the lease expire: the row is sent once more, under the same key.
 * 5. Receivers that ask for it are told again (an Alertmanager each minute): the last delivered message, while nothing
 *    newer waits.
 *
 * A receiver that is no longer configured parks its rows. Polls as a backstop; the feed only makes it faster.
 */
import type { Logger } from "pino";
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import type { Delivery, ReceiverMemory } from "../model/watch.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import type { SendOutcome } from "./channel.ts";
import type { Receiver } from "./channel-registry.ts";
import { readPayload } from "./read-payload.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** Messages under way at once. */
const IN_FLIGHT_LIMIT = 256;
/** Of one receiver; a claim may go over it once, by as many again. */
const RECEIVER_SHARE = 32;
export const SEND_TIMEOUT_MS = 10_000;
/** Longer than a send can take, so that a lease expires only when its holder is gone. */
const LEASE_MS = 30_000;
const POLL_MS = 1_000;
/** When a telling-again failed. */
const RESEND_RETRY_MS = 60_000;

export interface OutboxParts {
  store: LedgerStore;
  /** By name; a function where the configuration of receivers is read again while we run. */
  receivers: readonly Receiver[] | (() => ReadonlyMap<string, Receiver>);
  feed: ChangeFeed;
  clock: Clock;
  log: Logger;
  selfMetrics: SelfMetrics;
  publicUrl: () => string;
  random?: () => number;
}

export interface Outbox {
  start(): void;
  /** Finishes the sends in hand. */
  stop(): Promise<void>;
  /** One round: claims and sends what is due now; answers how many messages it handled. */
  sendDue(): Promise<number>;
  /** Epoch milliseconds of the last finished round, for readiness. */
  lastRoundAt(): number;
}

export function createOutbox(parts: OutboxParts): Outbox {
  const { store, feed, clock, log } = parts;
  const receivers = receiversByName(parts.receivers);
  const meter = parts.selfMetrics.stage("notify");
  const random = parts.random ?? Math.random;
  const inFlight = new Map<Promise<void>, string>();
  let lastRoundAt = clock.now();
  let running = false;
  let wake: (() => void) | null = null;
  let woken = false;
  let loop: Promise<void> = Promise.resolve();
  let unsubscribe = () => {};

  async function deliver(delivery: Delivery): Promise<void> {
    const begunAt = performance.now();
    const at = clock.now();
    const before =
      receivers().get(delivery.receiver)?.remembers === true
        ? await store.receiverMemory(delivery.incidentId, delivery.receiver)
        : null;
    const outcome = await send(delivery, before?.memory ?? null);
    const latencyMs = Math.round(performance.now() - begunAt);
    const error = outcome.kind === "delivered" ? (outcome.note ?? null) : outcome.error;
    const delay =
      outcome.kind === "retry" ? retryDelayMs(delivery.tries.length + 1, outcome.retryAfterMs, random) : null;
    await store.recordTry(
      delivery.id,
      { at, latencyMs, status: outcome.status, error },
      outcome.kind === "delivered",
      delay === null ? null : clock.now() + delay,
      remembered(outcome, before),
    );
    meter.done(latencyMs);
    if (outcome.kind === "delivered") return;
    meter.failed(outcome.kind);
    log.warn(
      { deliveryId: delivery.id, receiver: delivery.receiver, error, retryInMs: delay },
      "delivery failed",
    );
  }

  async function send(delivery: Delivery, memory: string | null): Promise<SendOutcome> {
    const receiver = receivers().get(delivery.receiver);
    if (receiver === undefined)
      return { kind: "refused", status: null, error: `no receiver "${delivery.receiver}" is configured` };
    const content = readPayload(delivery.payload);
    if (content === null)
      return { kind: "refused", status: null, error: "the stored message cannot be read" };
    try {
      return await receiver.send(
        {
          ...content,
          dedupKey: delivery.dedupKey,
          messageId: `delivery-${delivery.id}`,
          reason: delivery.reason,
          receiver: delivery.receiver,
          incidentUrl: `${parts.publicUrl()}/incidents/${delivery.incidentId}`,
          sentAt: clock.now(),
          memory: memory === null ? null : (JSON.parse(memory) as unknown),
        },
        AbortSignal.timeout(SEND_TIMEOUT_MS),
      );
    } catch (error) {
      return { kind: "retry", status: null, error: String(error), retryAfterMs: null };
    }
  }

  /** Nothing changed, but the receiver asked to hear it again. Leaves no try: the proof is the delivery's own. */
  async function tellAgain(delivery: Delivery, memory: string | null): Promise<void> {
    const { incidentId, receiver } = delivery;
    const before = { memory, resendAt: null };
    const outcome = receivers().has(receiver) ? await send(delivery, memory) : null;
    const after = outcome === null ? before : (remembered(outcome, before) ?? before);
    const failed = outcome !== null && outcome.kind !== "delivered";
    await store.recordResend(
      incidentId,
      receiver,
      failed ? { ...before, resendAt: clock.now() + RESEND_RETRY_MS } : after,
    );
    if (!failed) return;
    meter.failed("resend");
    log.warn({ incidentId, receiver, error: outcome.error }, "a receiver could not be told again");
  }

  function begin(receiver: string, work: Promise<void>, context: object): void {
    const sending = work
      .catch((error: unknown) => {
        meter.failed("record");
        log.error({ ...context, error: String(error) }, "a try could not be recorded");
      })
      .finally(() => {
        inFlight.delete(sending);
        signal();
      });
    inFlight.set(sending, receiver);
  }

  /** Claims as many rows as there are free places and starts sending them. */
  async function beginDue(): Promise<number> {
    let begun = 0;
    const free = IN_FLIGHT_LIMIT - inFlight.size;
    if (free > 0) {
      const limit = Math.min(free, RECEIVER_SHARE);
      const due = await store.claimDeliveries(clock.now(), limit, LEASE_MS, busyReceivers());
      for (const delivery of due) begin(delivery.receiver, deliver(delivery), { deliveryId: delivery.id });
      begun += due.length;
    }
    if (somebodyIsToldAgain() && inFlight.size < IN_FLIGHT_LIMIT) {
      const again = await store.claimResends(clock.now(), RECEIVER_SHARE, LEASE_MS);
      for (const { delivery, memory } of again)
        begin(delivery.receiver, tellAgain(delivery, memory), { incidentId: delivery.incidentId });
      begun += again.length;
    }
    meter.backlog(inFlight.size);
    lastRoundAt = clock.now();
    return begun;
  }

  function somebodyIsToldAgain(): boolean {
    return [...receivers().values()].some(({ resends }) => resends);
  }

  function busyReceivers(): string[] {
    const counts = new Map<string, number>();
    for (const receiver of inFlight.values()) counts.set(receiver, (counts.get(receiver) ?? 0) + 1);
    return [...counts].flatMap(([receiver, count]) => (count >= RECEIVER_SHARE ? [receiver] : []));
  }

  async function sendDue(): Promise<number> {
    const handled = await beginDue();
    await Promise.all(inFlight.keys());
    return handled;
  }

  function signal(): void {
    woken = true;
    wake?.();
  }

  async function run(): Promise<void> {
    while (running) {
      woken = false;
      let handled = 0;
      try {
        handled = await beginDue();
      } catch (error) {
        meter.failed("round");
        log.error({ error: String(error) }, "the outbox could not work; it tries again");
      }
      if (handled === 0 && !woken && running) await pause();
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, POLL_MS);
      function done() {
        clearTimeout(timer);
        wake = null;
        resolve();
      }
      wake = done;
    });
  }

  return {
    start() {
      running = true;
      unsubscribe = feed.subscribe((change) => {
        if (change.topic === "deliveries") signal();
      });
      loop = run();
    },
    async stop() {
      running = false;
      unsubscribe();
      wake?.();
      await loop;
      await Promise.all(inFlight.keys());
    },
    sendDue,
    lastRoundAt: () => lastRoundAt,
  };
}

function receiversByName(receivers: OutboxParts["receivers"]): () => ReadonlyMap<string, Receiver> {
  if (typeof receivers === "function") return receivers;
  const named = new Map(receivers.map((receiver) => [receiver.name, receiver]));
  return () => named;
}

/** What is to be kept now; undefined = what there was, so that most channels cost no further row. */
function remembered(outcome: SendOutcome, before: ReceiverMemory | null): ReceiverMemory | undefined {
  if (outcome.kind !== "delivered") return undefined;
  const memory = outcome.memory === undefined ? (before?.memory ?? null) : JSON.stringify(outcome.memory);
  const resendAt = outcome.resendAt ?? null;
  if (memory === (before?.memory ?? null) && resendAt === (before?.resendAt ?? null)) return undefined;
  return { memory, resendAt };
}
