/**
 * `/api/v1/series`, `labels`, `label/<name>/values`, `metadata`, `query_exemplars`: what Grafana's variables, metric browser and
 * completion ask. Receives selectors and a time range; hands on sorted lists.
 */
import { compileMatcher, type LabelMatcher, parseSelector } from "@batchwatch/promql";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { MetricFamily } from "../../model/samples.ts";
import type { MetricQueries, SeriesQuestion } from "../../storage/metric-queries.ts";
import { encodeLabels, encodeSuccess } from "./encode-answer.ts";
import { PrometheusError } from "./prometheus-error.ts";
import { READ_ROUTE, sendJson, signalOf } from "./query-routes.ts";
import {
  EARLIEST_AT,
  LATEST_AT,
  limitParameter,
  readParameters,
  timeParameter,
} from "./request-parameters.ts";

export function registerSeriesRoutes(app: FastifyInstance, queries: MetricQueries): void {
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/series",
    async handler(request, reply) {
      const question = questionOf(request, reply);
      if (question.matcherSets.length === 0)
        throw new PrometheusError("bad_data", "no match[] parameter provided");
      const series = await queries.series(question);
      return sendList(reply, series.map(encodeLabels), question.limit);
    },
  });
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/labels",
    async handler(request, reply) {
      const question = questionOf(request, reply);
      return sendTexts(reply, await queries.labelNamesOf(question), question.limit);
    },
  });
  app.get<{ Params: { name: string } }>("/api/v1/label/:name/values", READ_ROUTE, async (request, reply) => {
    const question = questionOf(request, reply);
    const name = unescapeName(request.params.name);
    return sendTexts(reply, await queries.labelValuesOf(name, question), question.limit);
  });
  app.get("/api/v1/metadata", READ_ROUTE, async (request, reply) => {
    const parameters = readParameters(request);
    const limit = limitParameter(parameters);
    const family = parameters.get("metric") ?? "";
    const known = await queries.metadata(family === "" ? undefined : family);
    return sendJson(reply, encodeSuccess(encodeMetadata(limit > 0 ? known.slice(0, limit) : known)));
  });
  // Exemplars are not stored; an empty list is what a Prometheus without exemplar storage answers.
  app.route({
    ...READ_ROUTE,
    method: ["GET", "POST"],
    url: "/api/v1/query_exemplars",
    handler: (_request, reply) => sendJson(reply, encodeSuccess("[]")),
  });
}

/** One more than asked for is looked up, so that a cut list can be told from a whole one. */
function questionOf(request: FastifyRequest, reply: FastifyReply): SeriesQuestion {
  const parameters = readParameters(request);
  const limit = limitParameter(parameters);
  const [fromAt, toAt] = [
    timeParameter(parameters, "start", EARLIEST_AT),
    timeParameter(parameters, "end", LATEST_AT),
  ];
  if (toAt < fromAt)
    throw PrometheusError.parameter("end", "end timestamp must not be before start timestamp");
  return {
    matcherSets: parameters.getAll("match[]").map(parseMatch),
    fromAt,
    toAt,
    limit,
    signal: signalOf(request, reply),
  };
}

function parseMatch(text: string): readonly LabelMatcher[] {
  const matchers = selectorOf(text);
  if (matchers.map(compileMatcher).every(({ matchesEmpty }) => matchesEmpty))
    throw new PrometheusError("bad_data", "match[] must contain at least one non-empty matcher");
  return matchers;
}

function selectorOf(text: string): readonly LabelMatcher[] {
  try {
    return parseSelector(text);
  } catch (error) {
    throw PrometheusError.ofQuery("match[]", error);
  }
}

function sendTexts(reply: FastifyReply, texts: readonly string[], limit: number): FastifyReply {
  return sendList(
    reply,
    texts.map((text) => JSON.stringify(text)),
    limit,
  );
}

function sendList(reply: FastifyReply, items: readonly string[], limit: number): FastifyReply {
  const isCut = limit > 0 && items.length > limit;
  const shown = isCut ? items.slice(0, limit) : items;
  return sendJson(
    reply,
    encodeSuccess(`[${shown.join(",")}]`, isCut ? ["results truncated due to limit"] : []),
  );
}

function encodeMetadata(known: readonly MetricFamily[]): string {
  return JSON.stringify(
    Object.fromEntries(known.map(({ family, type, help, unit }) => [family, [{ type, help, unit }]])),
  );
}

/** `U__foo_2e_bar` stands for `foo.bar` (Prometheus's "values escaping" of names that are not plain). */
function unescapeName(name: string): string {
  if (!name.startsWith("U__")) return name;
  return name
    .slice(3)
    .replace(/__|_([0-9A-Fa-f]+)_/g, (_whole, code: string | undefined) =>
      code === undefined ? "_" : String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff)),
    );
}
