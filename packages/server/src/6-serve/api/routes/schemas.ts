/** `GET /api/schemas/jobs.json`: the JSON Schema of a jobs file, for editors. */
import { jobsFileJsonSchema } from "@batchwatch/protocol";
import { z } from "zod";
import type { ApiApp } from "../api-deps.ts";

export function registerSchemas(app: ApiApp): void {
  const schema = jobsFileJsonSchema();
  app.get(
    "/api/schemas/jobs.json",
    {
      config: { scope: "public" },
      schema: {
        tags: ["schemas"],
        summary: "JSON Schema of the YAML files that declare jobs",
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async () => schema,
  );
}
