/**
 * The outbox: gets each delivery row to its receiver at least once, with proof.
 *
 * 1. Claim pending rows whose time has come, with a lease. A row behind an unsent one of the same incident and receiver
 *    is not claimable, so a "resolved" never overtakes its "opened".
 * 2. Send one request, bounded in time.
 * 3. Record the try: time, status, latency, error; then delivered, due again later, or parked and shown.
 * 4. A process that dies between 2 and 3 lets the lease expire: the row is sent once more, under the same key.
 *
 * A receiver that is no longer configured parks its rows. Polls as a backstop; the feed only makes it faster.
 */
import type { Logger } from "pino";
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import type { Alert } from "../model/alert.ts";
import type { Delivery } from "../model/watch.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import type { SendOutcome } from "./channel.ts";
import type { Receiver } from "./channel-registry.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** Requests under way at once; a receiver that hangs holds its own places for SEND_TIMEOUT_MS, not the loop. */
const IN_FLIGHT_LIMIT = 64;
const SEND_TIMEOUT_MS = 10_000;
/** Longer than a send can take, so that a lease expires only when its holder is gone. */
const LEASE_MS = 30_000;
const POLL_MS = 1_000;

export interface OutboxParts {
  store: LedgerStore;
  receivers: readonly Receiver[];
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
  /** One round: claims and sends what is due now; answers how many rows it handled. */
  sendDue(): Promise<number>;
  /** Epoch milliseconds of the last finished round, for readiness. */
  lastRoundAt(): number;
}

export function createOutbox(parts: OutboxParts): Outbox {
  const { store, feed, clock, log } = parts;
  const receivers = new Map(parts.receivers.map((receiver) => [receiver.name, receiver]));
  const meter = parts.selfMetrics.stage("notify");
  const random = parts.random ?? Math.random;
  const inFlight = new Set<Promise<void>>();
  let lastRoundAt = clock.now();
  let running = false;
  let wake: (() => void) | null = null;
  let woken = false;
  let loop: Promise<void> = Promise.resolve();
  let unsubscribe = () => {};

  async function deliver(delivery: Delivery): Promise<void> {
    const begunAt = performance.now();
    const at = clock.now();
    const outcome = await send(delivery);
    const latencyMs = Math.round(performance.now() - begunAt);
    const error = outcome.kind === "delivered" ? null : outcome.error;
    const delay =
      outcome.kind === "retry" ? retryDelayMs(delivery.tries.length + 1, outcome.retryAfterMs, random) : null;
    await store.recordTry(
      delivery.id,
      { at, latencyMs, status: outcome.status, error },
      outcome.kind === "delivered",
      delay === null ? null : clock.now() + delay,
    );
    meter.done(latencyMs);
    if (error === null) return;
    meter.failed(outcome.kind);
    log.warn(
      { deliveryId: delivery.id, receiver: delivery.receiver, error, retryInMs: delay },
      "delivery failed",
    );
  }

  async function send(delivery: Delivery): Promise<SendOutcome> {
    const receiver = receivers.get(delivery.receiver);
    if (receiver === undefined)
      return { kind: "refused", status: null, error: `no receiver "${delivery.receiver}" is configured` };
    try {
      return await receiver.send(
        {
          alert: JSON.parse(delivery.payload) as Alert,
          dedupKey: delivery.dedupKey,
          reason: delivery.reason,
          receiver: delivery.receiver,
          incidentUrl: `${parts.publicUrl()}/incidents/${delivery.incidentId}`,
        },
        AbortSignal.timeout(SEND_TIMEOUT_MS),
      );
    } catch (error) {
      return { kind: "retry", status: null, error: String(error), retryAfterMs: null };
    }
  }

  /** Claims as many rows as there are free places and starts sending them. */
  async function beginDue(): Promise<number> {
    const free = IN_FLIGHT_LIMIT - inFlight.size;
    const due = free === 0 ? [] : await store.claimDeliveries(clock.now(), free, LEASE_MS);
    for (const delivery of due) {
      const sending = deliver(delivery)
        .catch((error: unknown) => {
          meter.failed("record");
          log.error({ deliveryId: delivery.id, error: String(error) }, "a try could not be recorded");
        })
        .finally(() => {
          inFlight.delete(sending);
          signal();
        });
      inFlight.add(sending);
    }
    meter.backlog(inFlight.size);
    lastRoundAt = clock.now();
    return due.length;
  }

  async function sendDue(): Promise<number> {
    const handled = await beginDue();
    await Promise.all(inFlight);
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
      await Promise.all(inFlight);
    },
    sendDue,
    lastRoundAt: () => lastRoundAt,
  };
}
