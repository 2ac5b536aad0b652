/**
 * `GET /api/openapi.json`: OpenAPI 3.1, generated from the schemas that validate requests and answers.
 * Must be registered before the routes it documents.
 */
import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { ApiApp } from "./api-deps.ts";
import { intakePaths } from "./intake-paths.ts";

const DESCRIPTION =
  "Batchwatch's own API. Lists are `{items, nextCursor}`; instants are ISO 8601 in UTC with milliseconds, durations " +
  "are `…Ms`. Errors are RFC 9457 problem details.";

export async function registerOpenApi(app: ApiApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.1",
      info: { title: "Batchwatch", version, description: DESCRIPTION, license: { name: "Apache-2.0" } },
      paths: intakePaths(),
      tags: [
        { name: "overview", description: "Counts" },
        { name: "jobs", description: "Jobs and their settings" },
        { name: "runs", description: "Runs, and what was said of them" },
        { name: "incidents", description: "What is wrong, and who was told" },
        { name: "dashboards", description: "Dashboards as files" },
        { name: "samples", description: "Stored metric samples" },
        { name: "live", description: "Live updates" },
        { name: "schemas", description: "JSON Schemas" },
        { name: "intake", description: "Where run events, pings and telemetry come in" },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "`batchwatch keys create`; not needed on loopback",
          },
          apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
        },
      },
      security: [{}, { bearer: [] }, { apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.get("/api/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
    return reply
      .serializer((document) => JSON.stringify(document))
      .type("application/json")
      .send(app.swagger());
  });
}
