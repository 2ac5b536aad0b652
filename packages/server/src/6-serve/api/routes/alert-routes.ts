/** `GET /api/routes` and `GET /api/routes/test`: who hears of alerts, and who would hear of one with these labels, and why. */
import { routesSchema, routeTestQuerySchema, routeTestSchema } from "@batchwatch/protocol";
import { describeRoutes, testRoutes } from "../../../4-alert/routing/describe-routes.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { problemReplies } from "../api-error.ts";

export function registerAlertRoutes(app: ApiApp, { store, clock, alerting }: ApiDeps): void {
  app.get(
    "/api/routes",
    {
      schema: {
        tags: ["incidents"],
        summary: "The routes of alerts, receivers, inhibition rules and time intervals",
        response: { 200: routesSchema },
      },
    },
    async () => ({
      file: alerting.file(),
      problem: alerting.trouble(),
      maxPagesPerMinute: alerting.maxPagesPerMinute,
      ...describeRoutes(alerting.audience(), clock.now()),
    }),
  );

  app.get(
    "/api/routes/test",
    {
      schema: {
        tags: ["incidents"],
        summary: "Which receivers an alert with these labels goes to, and why",
        querystring: routeTestQuerySchema,
        response: { 200: routeTestSchema, ...problemReplies(400) },
      },
    },
    async ({ query }) =>
      testRoutes(
        alerting.audience(),
        Object.fromEntries(query.label),
        await store.openIncidentLabels(),
        clock.now(),
      ),
  );
}
