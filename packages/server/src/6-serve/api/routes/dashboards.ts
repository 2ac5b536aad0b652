/** `GET /api/dashboards`, `GET /api/dashboards/{name}` and the JSON Schema of a dashboard file. The pages ask the queries themselves. */
import {
  dashboardDetailSchema,
  dashboardFileJsonSchema,
  dashboardListSchema,
  nearestName,
} from "@batchwatch/protocol";
import { z } from "zod";
import type { DashboardFiles, NamedDashboard } from "../../../config/dashboard-files.ts";
import type { ApiApp } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";

const pathSchema = z.object({ name: z.string().min(1).max(300) });

export function registerDashboards(app: ApiApp, dashboards: DashboardFiles): void {
  app.get(
    "/api/dashboards",
    {
      schema: {
        tags: ["dashboards"],
        summary: "Dashboards by title, and what is wrong with their files",
        response: { 200: dashboardListSchema },
      },
    },
    async () => ({
      items: dashboards
        .list()
        .map((dashboard) => ({ ...headOf(dashboard), panelCount: dashboard.panels.length })),
      nextCursor: null,
      problems: [...dashboards.problems()],
    }),
  );

  app.get(
    "/api/dashboards/:name",
    {
      schema: {
        tags: ["dashboards"],
        summary: "A dashboard with its panels and their queries",
        params: pathSchema,
        response: { 200: dashboardDetailSchema, ...problemReplies(404) },
      },
    },
    async ({ params }) => {
      const dashboard = dashboards.get(params.name);
      if (dashboard === null) throw notFound(params.name, dashboards);
      const { rangeMs, refreshMs, panels, file } = dashboard;
      const problems = dashboards.problems().filter((problem) => problem.file === file);
      return { ...headOf(dashboard), rangeMs, refreshMs, panels, problems };
    },
  );

  const schema = dashboardFileJsonSchema();
  app.get(
    "/api/schemas/dashboard.json",
    {
      config: { scope: "public" },
      schema: {
        tags: ["schemas"],
        summary: "JSON Schema of the YAML files that hold a dashboard",
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async () => schema,
  );
}

function headOf({ name, title, description, tags, source, file }: NamedDashboard) {
  return { name, title, description, tags, source, file };
}

function notFound(name: string, dashboards: DashboardFiles): ApiError {
  const names = dashboards.list().map((dashboard) => dashboard.name);
  const near = nearestName(name, names);
  const hint = near === null ? "" : ` Did you mean "${near}"?`;
  return new ApiError("dashboard_not_found", `There is no dashboard "${name}".${hint}`);
}
