/** The stage put together: who hears of alerts, the handlers of its deadlines, and what a changed file of routes sets going. */
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import type { RoutingConfig } from "../model/routing.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import type { DeadlineHandler } from "../storage/deadline-handler.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "../storage/ledger-store.ts";
import type { Audience, ReceiverRef } from "./audience.ts";
import { createGroupFlushing } from "./grouping/group-flushing.ts";
import { createIncidentFolding, FOLD_INCIDENT } from "./incident-folding.ts";
import { createPageBreaker } from "./page-breaker.ts";

export interface AlertingParts {
  store: LedgerStore;
  clock: Clock;
  feed: ChangeFeed;
  selfMetrics: SelfMetrics;
  publicUrl: () => string;
  /** Who is told where there are no routes. */
  receivers: readonly ReceiverRef[];
  /** null = there are none. */
  routing: () => RoutingConfig | null;
  /** To one receiver; null = no limit. */
  maxPagesPerMinute: number | null;
}

export interface Alerting {
  handlers: readonly DeadlineHandler[];
  audience(): Audience;
  /** Looks at every open incident again, since the routes are others now. */
  reroute(): Promise<void>;
}

export function createAlerting(parts: AlertingParts): Alerting {
  const { store, clock, feed, selfMetrics } = parts;
  const everyone: Audience = { kind: "everyone", receivers: parts.receivers };
  const audience = (): Audience => {
    const routing = parts.routing();
    return routing === null ? everyone : { kind: "routed", routing };
  };
  const breaker = createPageBreaker(store, parts.maxPagesPerMinute);
  const shared = {
    store,
    feed,
    audience,
    breaker,
    publicUrl: parts.publicUrl,
    meter: selfMetrics.stage("alert"),
  };
  return {
    handlers: [createIncidentFolding(shared), createGroupFlushing(shared)],
    audience,
    async reroute() {
      const now = clock.now();
      const jobIds = await store.jobsWithOpenIncidents();
      await store.commitWatch({
        ...EMPTY_WATCH_COMMIT,
        setDeadlines: jobIds.map((jobId) => ({
          kind: FOLD_INCIDENT,
          subject: `job:${jobId}`,
          jobId,
          dueAt: now,
          keepEarlier: true,
        })),
      });
      if (jobIds.length > 0) feed.publish({ topic: "deadlines" });
    },
  };
}
