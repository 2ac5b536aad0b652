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

function parameter(name: string, place: "path" | "query", description: string, schema: object) {
  return { name, in: place, required: place === "path", description, schema };
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
    responses: { 200: text("OK"), 201: text("Created"), 404: text("No such job"), 503: text("Overloaded") },
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
