/**
 * `/api/v1/status/…`: what Grafana and promtool ask to see whom they talk to. `features` stays out of `buildinfo`: a
 * non-empty one makes Grafana believe that it talks to Mimir.
 */
import type { FastifyInstance } from "fastify";
import type { Clock } from "../../lib/clock.ts";
import { encodeSuccess } from "./encode-answer.ts";
import { READ_ROUTE, sendJson } from "./query-routes.ts";

/** The Prometheus whose PromQL and API are followed. */
const FOLLOWED_VERSION = "3.14.0";

export interface StatusParts {
  version: string;
  clock: Clock;
  /** Figures of the embedded store. */
  stats: () => Promise<{ series: number; firstAt: number | null; lastAt: number | null }>;
  /** The global rule interval. */
  evaluationIntervalText: string;
}

export function registerStatusRoutes(app: FastifyInstance, parts: StatusParts): void {
  const startedAt = parts.clock.now();
  const answer = (path: string, data: () => Promise<unknown> | unknown): void => {
    app.get(`/api/v1/status/${path}`, READ_ROUTE, async (_request, reply) =>
      sendJson(reply, encodeSuccess(JSON.stringify(await data()))),
    );
  };
  answer("buildinfo", () => ({
    version: FOLLOWED_VERSION,
    revision: `batchwatch-${parts.version}`,
    branch: "batchwatch",
    buildUser: "",
    buildDate: "",
    goVersion: "",
  }));
  answer("runtimeinfo", () => ({
    startTime: new Date(startedAt).toISOString(),
    serverTime: new Date(parts.clock.now()).toISOString(),
    reloadConfigSuccess: true,
    storageRetention: "",
  }));
  answer("config", () => ({ yaml: `global:\n  evaluation_interval: ${parts.evaluationIntervalText}\n` }));
  answer("flags", () => ({ "query.lookback-delta": "5m", "query.timeout": "2m" }));
  answer("tsdb", async () => {
    const { series, firstAt, lastAt } = await parts.stats();
    return {
      headStats: { numSeries: series, chunkCount: 0, minTime: firstAt ?? 0, maxTime: lastAt ?? 0 },
      seriesCountByMetricName: [],
      labelValueCountByLabelName: [],
      memoryInBytesByLabelName: [],
      seriesCountByLabelValuePair: [],
    };
  });
}
