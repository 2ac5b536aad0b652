/**
 * Who watches the watcher: a sign of life that leaves the house while deadlines, ledger and outbox work, and is missed by
 * somebody else when they do not. Two ways: `watchdog.pingUrl` is pinged, and the alert "Watchdog" fires always at the
 * receiver that `alerts.watchdog` names.
 *
 * It is a deadline that sets itself again, so it comes only from a loop that claims rows, looks at them and commits. Before a
 * sign is given, the ledger must take a write and the outbox must have come round.
 */
import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { Deadline } from "../model/watch.ts";
import type { StageMeter } from "../self-monitoring/self-metrics.ts";
import type { DeadlineHandler, Look } from "../storage/deadline-handler.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../storage/ledger-store.ts";
import type { Notification, SendOutcome } from "./channel.ts";
import type { Receiver } from "./channel-registry.ts";
import { exchange } from "./http-exchange.ts";
import { secretHider } from "./secret-values.ts";

export const WATCHDOG = "watchdog";

/** Deadlines that are looked at this late, or an outbox that did not come round for so long, are no healthy loop. */
const STALLED_MS = 60_000;
const SIGN_TIMEOUT_MS = 10_000;

export interface WatchdogParts {
  store: LedgerStore;
  clock: Clock;
  log: Logger;
  meter: StageMeter;
  publicUrl: () => string;
  outboxLastRoundAt: () => number;
  receivers: () => ReadonlyMap<string, Receiver>;
  /** null = nobody is pinged. */
  pingUrl: string | null;
  /** The receiver that the alert goes to; null = none. */
  receiver: string | null;
  intervalMs: number;
}

export interface Watchdog {
  /** Empty where no sign is asked for. */
  handlers: readonly DeadlineHandler[];
  start(): Promise<void>;
  /** Finishes the signs under way. */
  stop(): Promise<void>;
}

export function createWatchdog(parts: WatchdogParts): Watchdog {
  const { store, clock, log, pingUrl, receiver, intervalMs } = parts;
  const wanted = pingUrl !== null || receiver !== null;
  const startedAt = clock.now();
  let memory: unknown = null;
  let trouble: string | null = null;
  let underWay: Promise<void> | null = null;

  /** Never throws: a row that fails too often would be parked, and the sign would not come back with the health. */
  async function handle(deadline: Deadline, now: number): Promise<Look> {
    note(await whyUnhealthy(deadline, now), "the sign of life is held back");
    // The loop does not wait for others; a sign that takes longer than an interval is its own gap.
    if (trouble === null && underWay === null) {
      underWay = giveSigns(now).finally(() => {
        underWay = null;
      });
    }
    return { setDeadlines: [nextRow(now + intervalMs)] };
  }

  async function whyUnhealthy({ dueAt }: Deadline, now: number): Promise<string | null> {
    if (now - dueAt > STALLED_MS) return `deadlines are looked at ${Math.round((now - dueAt) / 1000)} s late`;
    const silentMs = now - parts.outboxLastRoundAt();
    if (silentMs > STALLED_MS) return `the outbox has not come round for ${Math.round(silentMs / 1000)} s`;
    try {
      await store.check();
      return null;
    } catch (error) {
      return `the ledger takes no writes: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async function giveSigns(now: number): Promise<void> {
    const signs = await Promise.all([
      pingUrl === null ? null : ping(pingUrl),
      receiver === null ? null : tell(receiver, now),
    ]);
    for (const problem of signs) {
      if (problem === null) continue;
      parts.meter.failed("watchdog");
      log.warn({ problem }, "the sign of life did not arrive");
    }
  }

  async function ping(url: string): Promise<string | null> {
    const { outcome } = await exchange({ url, method: "GET", signal: AbortSignal.timeout(SIGN_TIMEOUT_MS) });
    return outcome.kind === "delivered"
      ? null
      : `watchdog.pingUrl: ${secretHider({ url }, ["url"])(outcome.error)}`;
  }

  async function tell(name: string, now: number): Promise<string | null> {
    const found = parts.receivers().get(name);
    if (found === undefined) return `alerts.watchdog: there is no receiver "${name}"`;
    let outcome: SendOutcome;
    try {
      outcome = await found.send(watchdogAlert(name, now), AbortSignal.timeout(SIGN_TIMEOUT_MS));
    } catch (error) {
      return `alerts.watchdog: ${String(error)}`;
    }
    if (outcome.kind !== "delivered") return `alerts.watchdog: ${name}: ${outcome.error}`;
    memory = outcome.memory ?? memory;
    return null;
  }

  function watchdogAlert(name: string, now: number): Notification {
    return {
      alert: {
        status: "firing",
        labels: { alertname: "Watchdog", severity: "none" },
        annotations: {
          summary: "Batchwatch is at work",
          description: "This alert fires always. When it stops, Batchwatch no longer watches.",
        },
        startsAt: startedAt,
        endsAt: null,
        severity: "info",
        facts: [],
      },
      others: [],
      groupLabels: null,
      dedupKey: "batchwatch/watchdog",
      messageId: `watchdog-${now}`,
      reason: memory === null ? "opened" : "repeated",
      receiver: name,
      incidentUrl: parts.publicUrl(),
      sentAt: now,
      memory,
    };
  }

  function note(problem: string | null, words: string): void {
    if (problem !== null && trouble === null) log.error({ problem }, words);
    if (problem === null && trouble !== null) log.info("the sign of life is given again");
    trouble = problem;
  }

  return {
    handlers: wanted ? [{ kind: WATCHDOG, handle }] : [],
    async start() {
      if (!wanted) return;
      await store.commitWatch({ ...EMPTY_WATCH_COMMIT, setDeadlines: [nextRow(clock.now())] });
    },
    async stop() {
      await underWay;
    },
  };
}

function nextRow(dueAt: number) {
  return { kind: WATCHDOG, subject: WATCHDOG, jobId: null, dueAt };
}
