/**
 * The real API over the real store in memory, for tests: the shared HTTP server, the door, the routes. Each answer is
 * checked against the schema that the test names; an answer that does not fit its documented schema is a 500 anyway.
 */
import { configSchema, type Problem, problemSchema } from "@batchwatch/protocol";
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { expect } from "vitest";
import type { z } from "zod";
import { Meter } from "../../../2-record/meter/meter.ts";
import type { Receiver } from "../../../5-notify/channel-registry.ts";
import { createAccessControl } from "../../../access/access-control.ts";
import { createDashboardFiles } from "../../../config/dashboard-files.ts";
import { ChangeFeed } from "../../../lib/change-feed.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { SelfMetrics } from "../../../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../../../storage/ledger-store.ts";
import type { MetricStore } from "../../../storage/metric-store.ts";
import { createHttpServer } from "../../http-server.ts";
import type { AlertingView } from "../api-deps.ts";
import { registerApi } from "../register-api.ts";
import { openTestStores } from "./open-stores.ts";
import { NOW } from "./rows.ts";

export interface TestApi {
  app: FastifyInstance;
  store: LedgerStore;
  samples: MetricStore;
  clock: ManualClock;
  feed: ChangeFeed;
  /** A 200 that fits the schema. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  send<T>(
    method: "PUT" | "POST" | "DELETE",
    path: string,
    body: object | null,
    schema: z.ZodType<T>,
  ): Promise<T>;
  /** A problem of this status. */
  refused(status: number, request: string | InjectOptions): Promise<Problem>;
  close(): Promise<void>;
}

const ONE_RECEIVER: AlertingView = {
  audience: () => ({ kind: "everyone", receivers: [{ name: "ops", channel: "webhook" }] }),
  file: () => null,
  trouble: () => null,
  maxPagesPerMinute: 20,
};

export async function openTestApi(
  alerting: AlertingView = ONE_RECEIVER,
  receivers: readonly Receiver[] = [],
): Promise<TestApi> {
  const { store, samples } = await openTestStores();
  const clock = new ManualClock(NOW);
  const feed = new ChangeFeed();
  const log = pino({ level: "silent" });
  const app = createHttpServer({
    http: configSchema.parse({}).http,
    access: createAccessControl({ store, clock, log, required: false }),
    log,
    selfMetrics: new SelfMetrics(),
  });
  await registerApi(app, {
    store,
    samples,
    meter: new Meter({ store, samples, clock, selfMetrics: new SelfMetrics() }),
    dashboards: createDashboardFiles({ patterns: [], shippedDir: null, reloadIntervalMs: 1_000, log }),
    alerting,
    receivers: () => new Map(receivers.map((receiver) => [receiver.name, receiver])),
    clock,
    feed,
    version: "0.0.0-test",
    publicUrl: () => "http://127.0.0.1:4318",
    grpcAddress: () => "127.0.0.1:4317",
    authRequired: false,
    receiverConfigured: false,
    retention: configSchema.parse({}).retention,
  });
  await app.ready();

  async function answer<T>(request: InjectOptions, schema: z.ZodType<T>): Promise<T> {
    const response = await app.inject(request);
    expect(response.statusCode, response.body).toBe(200);
    const body = response.json<T>();
    expect(schema.parse(body)).toEqual(body);
    return body;
  }

  return {
    app,
    store,
    samples,
    clock,
    feed,
    get: (url, schema) => answer({ method: "GET", url }, schema),
    send: (method, url, body, schema) =>
      answer({ method, url, ...(body !== null && { payload: body }) }, schema),
    async refused(status, request) {
      const response = await app.inject(request);
      expect(response.statusCode, response.body).toBe(status);
      expect(response.headers["content-type"]).toMatch(/^application\/problem\+json/);
      return problemSchema.parse(response.json());
    },
    async close() {
      await app.close();
      await store.close();
      await samples.close();
    },
  };
}

/** Walks a list to its end by its cursors; answers the items and the sizes of the pages. */
export async function walk<T>(
  page: (cursor: string | null) => Promise<{ items: T[]; nextCursor: string | null }>,
): Promise<{ items: T[]; sizes: number[] }> {
  const items: T[] = [];
  const sizes: number[] = [];
  let cursor: string | null = null;
  do {
    const { items: more, nextCursor }: { items: T[]; nextCursor: string | null } = await page(cursor);
    items.push(...more);
    sizes.push(more.length);
    cursor = nextCursor;
  } while (cursor !== null && sizes.length < 1000);
  return { items, sizes };
}
