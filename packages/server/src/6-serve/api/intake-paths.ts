/**
 * The doors that are not of this API but stand beside it, as OpenAPI paths: run events, pings, OTLP. Their routes read
 * raw bodies, so their part of the document is made here, from the same schemas that check the bodies.
 */
import { eventsResponseSchema, problemSchema, runEventSchema } from "@batchwatch/protocol";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { z } from "zod";

type Paths = NonNullable<NonNullable<FastifyDynamicSwaggerOptions["openapi"]>["paths"]>;

export function intakePaths(): Paths {
  const paths = {
    "/api/events": { post: eventsOperation() },
    "/ping/{uuid}": { get: pingOperation("A good end", [UUID]), post: pingOperation("A good end", [UUID]) },
    "/ping/{uuid}/{signal}": {
      get: pingOperation("A start, failure, log line or exit status", [UUID, SIGNAL]),
      post: pingOperation("A start, failure, log line or exit status; the body is kept", [UUID, SIGNAL]),
    },
    "/ping/{pingKey}/{slug}": {
      get: pingOperation("A good end, by key and slug", [PING_KEY, SLUG, CREATE]),
      post: pingOperation("A good end, by key and slug", [PING_KEY, SLUG, CREATE]),
    },
    "/ping/{pingKey}/{slug}/{signal}": {
      get: pingOperation("A start, failure, log line or exit status, by key and slug", [
        PING_KEY,
        SLUG,
        SIGNAL,
        CREATE,
      ]),
      post: pingOperation("A start, failure, log line or exit status, by key and slug", [
        PING_KEY,
        SLUG,
        SIGNAL,
        CREATE,
      ]),
    },
    "/p/{key}/{monitor}": {
      get: checkInOperation("Cronitor's telemetry", [KEY, MONITOR, ...CRONITOR], 200),
      post: checkInOperation("Cronitor's telemetry", [KEY, MONITOR, ...CRONITOR], 200),
    },
    "/api/{project}/cron/{slug}/{publicKey}/": {
      get: checkInOperation("Sentry's cron check-in", [PROJECT, SLUG, PUBLIC_KEY, ...SENTRY], 202),
      post: checkInOperation("Sentry's cron check-in; the same as JSON", [PROJECT, SLUG, PUBLIC_KEY], 202),
    },
    "/v1/traces": { post: otlpOperation("spans") },
    "/v1/metrics": { post: otlpOperation("metrics") },
    "/v1/logs": { post: otlpOperation("log records") },
  };
  return paths as Paths;
}

function eventsOperation() {
  const event = jsonSchema(runEventSchema, "input");
  return {
    tags: ["intake"],
    summary: "Send one run event or an array of them; answered after they are durable",
    requestBody: {
      required: true,
      content: { "application/json": { schema: { anyOf: [event, { type: "array", items: event }] } } },
    },
    responses: {
      200: jsonReply(
        "What was accepted; each refused event with its index, code and reason",
        eventsResponseSchema,
      ),
      400: problemReply("The body is no JSON"),
      401: problemReply("An API key is needed"),
      413: problemReply("The body is too large"),
      503: problemReply("Overloaded; send again after Retry-After seconds"),
    },
  };
}

const UUID = parameter("uuid", "path", "the ping UUID of a job", { type: "string", format: "uuid" });
const PING_KEY = parameter("pingKey", "path", "an API key of scope ingest", { type: "string" });
const SLUG = parameter("slug", "path", "the job's name", { type: "string" });
const SIGNAL = parameter("signal", "path", "start, fail, log, or an exit status from 0 to 255", {
  type: "string",
});
const RUN = parameter("rid", "query", "tells runs apart that overlap", { type: "string" });
const CREATE = parameter("create", "query", "1 = create a job that is not known", { type: "string" });

const KEY = parameter("key", "path", "an API key of scope ingest; any word where none is asked for", {
  type: "string",
});
const MONITOR = parameter("monitor", "path", "the job's name", { type: "string" });
const CRONITOR = [
  parameter("state", "query", "what happened; none is a heartbeat", {
    type: "string",
    enum: ["run", "complete", "fail", "ok"],
  }),
  parameter("series", "query", "names the run", { type: "string" }),
  parameter("message", "query", "text for the run's log", { type: "string" }),
  parameter("metric", "query", "count:N, error_count:N or duration:SECONDS; repeatable", {
    type: "array",
    items: { type: "string" },
  }),
  parameter("env", "query", "environment", { type: "string" }),
];
const PROJECT = parameter("project", "path", "any number", { type: "integer" });
const PUBLIC_KEY = parameter(
  "publicKey",
  "path",
  "an API key of scope ingest; any word where none is asked for",
  { type: "string" },
);
const SENTRY = [
  parameter("status", "query", "what happened", { type: "string", enum: ["in_progress", "ok", "error"] }),
  parameter("check_in_id", "query", "names the run", { type: "string", format: "uuid" }),
  parameter("environment", "query", "environment", { type: "string" }),
  parameter("duration", "query", "in seconds", { type: "number" }),
];

function parameter(name: string, place: "path" | "query", description: string, schema: object) {
  return { name, in: place, required: place === "path", description, schema };
}

function checkInOperation(summary: string, parameters: readonly object[], status: 200 | 202) {
  const { responses, ...operation } = pingOperation(summary, parameters);
  const { 200: recorded, 201: _created, ...refusals } = responses;
  return {
    ...operation,
    description:
      "Its clients work unchanged. What is wrong beside the outcome is left out; the header Batchwatch-Warning names it.",
    parameters: [...parameters],
    responses: { [status]: recorded, ...refusals },
  };
}

function pingOperation(summary: string, parameters: readonly object[]) {
  const text = (description: string) => ({
    description,
    content: { "text/plain": { schema: { type: "string" } } },
  });
  return {
    tags: ["intake"],
    summary,
    description: "Healthchecks' contract: a client made for it works unchanged.",
    parameters: [...parameters, RUN],
    responses: {
      200: text("OK: recorded, and on disk"),
      201: text("Created: recorded, and the job is new"),
      400: text("The address, the run id or the state is not valid"),
      401: text("A proxy passed it on, and it brings no key"),
      403: text("The key may not send, or a page of another site asks"),
      404: text("No such job, key or action"),
      409: text("Several jobs have this slug"),
      413: text("The request is too large; a body that is merely long is cut"),
      503: text("Not recorded; send again after Retry-After seconds"),
    },
  };
}

function otlpOperation(what: string) {
  const binary = { schema: { type: "string", format: "binary" } };
  return {
    tags: ["intake"],
    summary: `Send ${what} by OTLP/HTTP`,
    description: "OpenTelemetry protocol; protobuf or JSON; gzip, deflate or zstd.",
    requestBody: {
      required: true,
      content: { "application/x-protobuf": binary, "application/json": { schema: { type: "object" } } },
    },
    responses: {
      200: { description: "Stored; a partial success says how many were refused and why" },
      400: { description: "Malformed; a retry does not help" },
      413: { description: "Larger than the limit after decompression" },
      503: { description: "Overloaded; send again after Retry-After seconds" },
    },
  };
}

function jsonReply(description: string, schema: z.ZodType) {
  return { description, content: { "application/json": { schema: jsonSchema(schema, "output") } } };
}

function problemReply(description: string) {
  return {
    description,
    content: { "application/problem+json": { schema: jsonSchema(problemSchema, "output") } },
  };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return json;
}
