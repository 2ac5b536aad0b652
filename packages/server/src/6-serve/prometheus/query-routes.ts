/**
 * `/api/v1/query` and `/api/v1/query_range`: instant and range queries, GET and POST. Receives text and times; hands on
 * the metric store's answer. A client that goes away cancels its query.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../lib/clock.ts";
import type { MetricQueries, QueryLimits } from "../../storage/metric-queries.ts";
import { encodeQueryAnswer } from "./encode-answer.ts";
import { PrometheusError } from "./prometheus-error.ts";
import { durationParameter, limitParameter, readParameters, timeParameter } from "./request-parameters.ts";

/** Prometheus's bound: a screen has not more pixels. */
const MAX_POINTS = 11_000;
export const MAX_TIMEOUT_MS = 120_000;
const FORM_LIMIT_BYTES = 1024 * 1024;

/** Options of all routes here: reading, by GET or by a form. */
export const READ_ROUTE = { config: { scope: "read", bodyLimitBytes: FORM_LIMIT_BYTES } } as const;

export interface QueryRouteParts {
  queries: MetricQueries;
  clock: Clock;
}

export function registerQueryRoutes(app: FastifyInstance, { queries, clock }: QueryRouteParts): void {
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/query",
    async handler(request, reply) {
      const parameters = readParameters(request);
      const at = timeParameter(parameters, "time", clock.now());
      const limit = limitParameter(parameters);
      const limits = limitsOf(parameters, request, reply);
      const answer = await ofQuery(queries.queryInstant(parameters.get("query") ?? "", at, limits));
      return sendJson(reply, await encodeQueryAnswer(answer, limit));
    },
  });
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/query_range",
    async handler(request, reply) {
      const parameters = readParameters(request);
      const range = rangeOf(parameters);
      const limit = limitParameter(parameters);
      const limits = limitsOf(parameters, request, reply);
      const answer = await ofQuery(queries.queryRange(parameters.get("query") ?? "", range, limits));
      return sendJson(reply, await encodeQueryAnswer(answer, limit));
    },
  });
}

async function ofQuery<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw PrometheusError.ofQuery("query", error);
  }
}

export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type("application/json").header("cache-control", "no-store").send(text);
}

function rangeOf(parameters: URLSearchParams): { startAt: number; endAt: number; stepMs: number } {
  const startAt = timeParameter(parameters, "start");
  const endAt = timeParameter(parameters, "end");
  if (endAt < startAt) throw PrometheusError.parameter("end", "end timestamp must not be before start time");
  const stepMs = durationParameter(parameters, "step");
  if (stepMs === undefined) throw PrometheusError.parameter("step", `cannot parse "" to a valid duration`);
  if (stepMs <= 0)
    throw PrometheusError.parameter(
      "step",
      "zero or negative query resolution step widths are not accepted. Try a positive integer",
    );
  if ((endAt - startAt) / stepMs > MAX_POINTS)
    throw new PrometheusError(
      "bad_data",
      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    );
  return { startAt, endAt, stepMs };
}

function limitsOf(parameters: URLSearchParams, request: FastifyRequest, reply: FastifyReply): QueryLimits {
  const timeoutMs = Math.min(durationParameter(parameters, "timeout") ?? MAX_TIMEOUT_MS, MAX_TIMEOUT_MS);
  const lookbackMs = durationParameter(parameters, "lookback_delta");
  if (lookbackMs !== undefined && lookbackMs <= 0)
    throw PrometheusError.parameter("lookback_delta", "must be positive");
  return {
    timeoutMs,
    signal: signalOf(request, reply),
    ...(lookbackMs === undefined ? {} : { lookbackMs }),
  };
}

/** Aborts when the connection closes before the answer went out. */
export function signalOf(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  request.raw.socket.once("close", abort);
  reply.raw.once("close", () => {
    request.raw.socket.off("close", abort);
    if (!reply.raw.writableFinished) abort();
  });
  function abort(): void {
    controller.abort();
  }
  return controller.signal;
}
