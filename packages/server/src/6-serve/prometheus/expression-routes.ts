/** `/api/v1/format_query` and `/api/v1/parse_query`: an expression laid out for reading, and as a tree. */
import { parse } from "@batchwatch/promql";
import { astJson } from "@batchwatch/promql/parse/ast-json";
import { prettify } from "@batchwatch/promql/parse/format";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { encodeSuccess } from "./encode-answer.ts";
import { PrometheusError } from "./prometheus-error.ts";
import { READ_ROUTE, sendJson } from "./query-routes.ts";
import { readParameters } from "./request-parameters.ts";

export function registerExpressionRoutes(app: FastifyInstance): void {
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/format_query",
    handler: (request, reply) =>
      sendJson(reply, encodeSuccess(JSON.stringify(prettify(expressionOf(request))))),
  });
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/parse_query",
    handler: (request, reply) =>
      sendJson(reply, encodeSuccess(JSON.stringify(astJson(expressionOf(request))))),
  });
}

function expressionOf(request: FastifyRequest) {
  try {
    return parse(readParameters(request).get("query") ?? "");
  } catch (error) {
    throw PrometheusError.ofQuery("query", error);
  }
}
