/**
 * Prometheus's HTTP API as one Fastify plugin: Grafana's Prometheus data source, promtool and the pages of this server ask here.
 * Receives the metric store's reading half and the rules; hands on routes under `/api/v1`, with Prometheus's envelope
 * and errors. Error handler and compression are its own. Reference: "HTTP API" of the Prometheus documentation.
 */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Clock } from "../../lib/clock.ts";
import type { MetricQueries } from "../../storage/metric-queries.ts";
import { registerExpressionRoutes } from "./expression-routes.ts";
import { sendPrometheusError } from "./prometheus-error.ts";
import { registerQueryRoutes } from "./query-routes.ts";
import { type RuleListing, registerRuleRoutes } from "./rule-routes.ts";
import { registerSeriesRoutes } from "./series-routes.ts";
import { registerStatusRoutes, type StatusParts } from "./status-routes.ts";

/** Below that, compressing saves no packet. */
const COMPRESS_FROM_BYTES = 2048;

export interface PrometheusApiParts extends StatusParts {
  queries: MetricQueries;
  clock: Clock;
  rules: RuleListing;
}

export async function registerPrometheusApi(
  server: FastifyInstance,
  parts: PrometheusApiParts,
): Promise<void> {
  const plugin: FastifyPluginAsync = async (app) => {
    app.setErrorHandler((error, request, reply) => sendPrometheusError(error, request, reply));
    compressAnswers(app);
    registerQueryRoutes(app, parts);
    registerSeriesRoutes(app, parts.queries);
    registerExpressionRoutes(app);
    registerRuleRoutes(app, parts.rules);
    registerStatusRoutes(app, parts);
  };
  await server.register(plugin);
}

const compress = promisify(gzip);

/** Off the main thread, at the fastest level: answers are repetitive text of up to some megabytes. */
function compressAnswers(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply, payload) => {
    reply.header("vary", "Accept-Encoding");
    if (typeof payload !== "string" || payload.length < COMPRESS_FROM_BYTES) return payload;
    if (!acceptsGzip(request.headers["accept-encoding"])) return payload;
    reply.header("content-encoding", "gzip").removeHeader("content-length");
    return compress(payload, { level: constants.Z_BEST_SPEED });
  });
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? "")
    .split(",")
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q\s*=\s*(1(\.0*)?|0?\.\d*[1-9]\d*))?\s*$/i.test(part));
}
