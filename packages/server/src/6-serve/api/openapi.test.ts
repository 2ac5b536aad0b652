import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openTestApi, type TestApi } from "./test-support/open-api.ts";

const operation = z.looseObject({
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.enum(["path", "query"]), schema: z.looseObject({}) }))
    .optional(),
  responses: z.record(z.string().regex(/^\d{3}$/), z.looseObject({ description: z.string() })),
});
const document = z.looseObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(
    z.string().startsWith("/"),
    z
      .record(z.enum(["get", "put", "post", "delete"]), operation)
      .or(z.partialRecord(z.enum(["get", "put", "post", "delete"]), operation)),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

let api: TestApi;
let described: z.infer<typeof document>;
beforeAll(async () => {
  api = await openTestApi();
  const response = await api.app.inject("/api/openapi.json");
  expect(response.headers["content-type"]).toMatch(/^application\/json/);
  described = document.parse(response.json());
});
afterAll(() => api.close());

test.each([
  ["get", "/api/overview"],
  ["get", "/api/jobs"],
  ["get", "/api/jobs/{namespace}/{jobName}"],
  ["put", "/api/jobs/{namespace}/{jobName}"],
  ["delete", "/api/jobs/{namespace}/{jobName}"],
  ["post", "/api/jobs/{namespace}/{jobName}/rebuild-metrics"],
  ["post", "/api/schedule/preview"],
  ["get", "/api/runs"],
  ["get", "/api/runs/{runId}"],
  ["get", "/api/runs/{runId}/events"],
  ["get", "/api/runs/{runId}/logs"],
  ["get", "/api/runs/{runId}/spans"],
  ["get", "/api/incidents"],
  ["get", "/api/incidents/{id}"],
  ["get", "/api/routes"],
  ["get", "/api/routes/test"],
  ["get", "/api/samples"],
  ["get", "/api/dashboards"],
  ["get", "/api/dashboards/{name}"],
  ["get", "/api/schemas/dashboard.json"],
  ["get", "/api/schemas/jobs.json"],
  ["get", "/api/stream"],
  ["post", "/api/events"],
  ["get", "/ping/{uuid}"],
  ["post", "/ping/{uuid}/{signal}"],
  ["post", "/ping/{pingKey}/{slug}"],
  ["post", "/ping/{pingKey}/{slug}/{signal}"],
  ["post", "/p/{key}/{monitor}"],
  ["get", "/api/{project}/cron/{slug}/{publicKey}/"],
  ["post", "/v1/traces"],
  ["post", "/v1/metrics"],
  ["post", "/v1/logs"],
] as const)("%s %s is described, with every part of its path", (method, path) => {
  const operation = described.paths[path]?.[method];
  expect(operation).toBeDefined();
  const inPath =
    operation?.parameters?.filter((parameter) => parameter.in === "path").map(({ name }) => name) ?? [];
  expect(inPath.toSorted()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted());
});

test("every route under /api that this plugin serves is described", () => {
  const served = [...api.app.printRoutes({ commonPrefix: false }).matchAll(/^\S+ (\/\S*) \(([A-Z, ]+)\)/gm)];
  const missing = served
    .map(([, url = ""]) => url.replace(/:(\w+)/g, "{$1}"))
    .filter((url) => url.startsWith("/api/") && url !== "/api/openapi.json")
    .filter((url) => described.paths[url] === undefined);
  expect(served.length).toBeGreaterThan(0);
  expect(missing).toEqual([]);
});

test("every reference in the document leads somewhere", () => {
  const text = JSON.stringify(described);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  expect(references.filter((name) => !(name in described.components.schemas))).toEqual([]);
  expect(text).not.toContain("__SCHEMA__");
});

test("filters are described with their values", () => {
  const parameters = described.paths["/api/jobs"]?.get?.parameters ?? [];
  expect(parameters.map(({ name }) => name).toSorted()).toEqual([
    "cursor",
    "environment",
    "health",
    "jobType",
    "limit",
    "namespace",
    "owner",
    "search",
    "sort",
    "tag",
  ]);
  const sort = parameters.find(({ name }) => name === "sort");
  expect(sort?.schema).toMatchObject({
    enum: ["jobName", "health", "-lastRunAt", "nextDueAt"],
    default: "jobName",
  });
});

test("a ping's refusals are listed", () => {
  const statuses = Object.keys(described.paths["/ping/{pingKey}/{slug}/{signal}"]?.post?.responses ?? {});
  expect(statuses).toEqual(["200", "201", "400", "401", "403", "404", "409", "413", "503"]);
});
