/**
 * Wires the watch: the one deadline engine with the handlers for runs and slots, and our own watermark. Stages that
 * have deadlines of their own register their handlers with `engine.register` before `start`.
 */
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { DeadlineEngine, type EngineLog } from "./deadlines/deadline-engine.ts";
import { Uptime } from "./deadlines/uptime.ts";
import { gatherReads } from "./gathered-reads.ts";
import { inOurTime } from "./runs/in-our-time.ts";
import { runHandlers } from "./runs/judge-run.ts";
import { fillSlotsHandler } from "./slots/fill-slots.ts";
import { slotHandlers } from "./slots/judge-slot.ts";
import { declaredEdges, type UpstreamEdges } from "./upstreams/upstream-edges.ts";
import { DEFAULT_WATCH_OPTIONS, type WatchOptions } from "./watch-options.ts";

/** How exact the beginning of a downtime is known. */
const ALIVE_EVERY_MS = 2000;
/** Not alive for that long though nobody stopped us: the machine was suspended, or the clock set. */
const SUSPENDED_AFTER_MS = 30_000;

export interface CreateWatchParts {
  store: LedgerStore;
  /** Hands an event of Batchwatch itself to the intake; resolves after the commit. */
  say: (event: RunEvent) => Promise<void>;
  clock: Clock;
  feed: ChangeFeed;
  log: EngineLog;
  selfMetrics: SelfMetrics;
  options?: Partial<WatchOptions>;
  /** Besides what jobs declare as `upstreams`. */
  edges?: readonly UpstreamEdges[];
}

export interface Watch {
  engine: DeadlineEngine;
  /** Reads when we were last alive, holds judgements of absence for the catch-up grace, and starts the engine. */
  start(): Promise<void>;
  /** As `start`, but leaves running the engine to the caller (`engine.runDue`). For tests. */
  begin(): Promise<void>;
  /** Finishes the rows in hand and notes that we were alive until now. */
  stop(): Promise<void>;
}

export function createWatch(parts: CreateWatchParts): Watch {
  const { store, clock, log } = parts;
  const options: WatchOptions = { ...DEFAULT_WATCH_OPTIONS, ...parts.options };
  const uptime = new Uptime(store);
  let heldUntil = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let aliveAt: number | null = null;
  const engine = new DeadlineEngine({
    ...parts,
    async beforeRound(now) {
      if (aliveAt !== null && now - aliveAt > SUSPENDED_AFTER_MS) await begin(now);
    },
  });

  const reads = inOurTime(gatherReads(store));
  const watchParts = {
    store: reads,
    say: parts.say,
    uptime,
    options,
    edges: [declaredEdges, ...(parts.edges ?? [])],
    absenceHeldUntil: () => heldUntil,
  };
  engine.register(...runHandlers(watchParts), ...slotHandlers(watchParts), fillSlotsHandler(watchParts));

  /** A first start of ours, or the first moment after a downtime or a suspension. */
  async function begin(now: number): Promise<void> {
    aliveAt = now;
    const downtime = await uptime.begin(now);
    // At the very first start nobody has anything spooled for us.
    if (downtime !== null) heldUntil = now + options.catchUpGraceMs;
    engine.holdAbsenceUntil(heldUntil);
  }

  const beat = (): void => {
    const now = clock.now();
    // A suspension is noted by the next round, before it judges.
    if (aliveAt !== null && now - aliveAt > SUSPENDED_AFTER_MS) return;
    aliveAt = now;
    uptime.beat(now).catch((error: unknown) => {
      log.warn({ err: error }, "The watch could not note that it is alive.");
    });
  };

  return {
    engine,
    begin: () => begin(clock.now()),
    async start() {
      await begin(clock.now());
      timer = setInterval(beat, ALIVE_EVERY_MS);
      timer.unref();
      engine.start();
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await engine.stop();
      if (aliveAt !== null) await uptime.beat(clock.now());
    },
  };
}
