/** `GET /api/runs/{runId}/events`, `/logs`, `/spans`: what was said of a run, word for word. */
import {
  logViewSchema,
  pageOf,
  runEventViewSchema,
  runLogsQuerySchema,
  runPartsQuerySchema,
  runPathSchema,
  runSpansQuerySchema,
  spanViewSchema,
} from "@batchwatch/protocol";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { problemReplies } from "../api-error.ts";
import { findRun } from "../find-run.ts";
import { runEventView } from "../views/run-event-view.ts";
import { logView, spanView } from "../views/telemetry-view.ts";

export function registerRunParts(app: ApiApp, { store }: ApiDeps): void {
  app.get(
    "/api/runs/:runId/events",
    {
      schema: {
        tags: ["runs"],
        summary: "The events of a run in words, oldest first",
        params: runPathSchema,
        querystring: runPartsQuerySchema,
        response: { 200: pageOf(runEventViewSchema), ...problemReplies(400, 404, 409) },
      },
    },
    async ({ params, query: { limit, cursor, ...query } }) => {
      const { run } = await findRun(store, params.runId, query);
      const { items, nextCursor } = await store.runEvents(run.id, { limit, cursor: cursor ?? null });
      return { items: items.map(runEventView), nextCursor };
    },
  );

  app.get(
    "/api/runs/:runId/logs",
    {
      schema: {
        tags: ["runs"],
        summary: "The log of a run, oldest first",
        params: runPathSchema,
        querystring: runLogsQuerySchema,
        response: { 200: pageOf(logViewSchema), ...problemReplies(400, 404, 409) },
      },
    },
    async ({ params, query: { limit, cursor, severity = null, ...query } }) => {
      const { run } = await findRun(store, params.runId, query);
      const { items, nextCursor } = await store.runLogs(run, { limit, cursor: cursor ?? null }, severity);
      return { items: items.map(logView), nextCursor };
    },
  );

  app.get(
    "/api/runs/:runId/spans",
    {
      schema: {
        tags: ["runs"],
        summary: "The spans of a run, oldest first; never in pages, since a waterfall needs them together",
        params: runPathSchema,
        querystring: runSpansQuerySchema,
        response: { 200: pageOf(spanViewSchema), ...problemReplies(400, 404, 409) },
      },
    },
    async ({ params, query: { limit, ...query } }) => {
      const { run } = await findRun(store, params.runId, query);
      return { items: (await store.runSpans(run, limit)).map(spanView), nextCursor: null };
    },
  );
}
