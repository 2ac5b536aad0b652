/** What the API is given: ports to read from, the clock, and the few settings it shows. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Meter } from "../../2-record/meter/meter.ts";
import type { Audience } from "../../4-alert/audience.ts";
import type { Receiver } from "../../5-notify/channel-registry.ts";
import type { DashboardFiles } from "../../config/dashboard-files.ts";
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { MetricStore } from "../../storage/metric-store.ts";

export interface ApiDeps {
  store: LedgerStore;
  samples: MetricStore;
  meter: Pick<Meter, "rebuild">;
  dashboards: DashboardFiles;
  clock: Clock;
  feed: ChangeFeed;
  alerting: AlertingView;
  /** Whom the outbox can reach now, by name. */
  receivers: () => ReadonlyMap<string, Receiver>;
  version: string;
  /** Where people and jobs reach this server, without a slash at the end. Asked each time: port 0 is known only after listening. */
  publicUrl: () => string;
  /** `host:port` of OTLP/gRPC, null when it is off. */
  grpcAddress: () => string | null;
  authRequired: boolean;
  /** True when alerts go anywhere. */
  receiverConfigured: boolean;
  /** How long each kind is kept, in milliseconds; null = for ever. */
  retention: Readonly<Record<"runs" | "heartbeats" | "spans" | "logs" | "samples", number | null>>;
}

/** Who hears of alerts. */
export interface AlertingView {
  audience(): Audience;
  /** The Alertmanager file, null = there is none. */
  file(): string | null;
  /** Why the file as it is now is not in use. */
  trouble(): string | null;
  maxPagesPerMinute: number | null;
}

/** A Fastify instance whose routes are typed by their zod schemas. */
export type ApiApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
