/** The dashboards as resources of the HTTP API: `GET /api/dashboards` and `GET /api/dashboards/{name}`. */
import { z } from "zod";
import { PANEL_TYPES, PANEL_UNITS } from "./dashboard-panels.ts";

const dashboardHeadSchema = z.object({
  name: z.string().describe("its file's name without the extension; the address of its page"),
  title: z.string(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  source: z.enum(["shipped", "file"]).describe("shipped with Batchwatch, or one of dashboards.files"),
  file: z.string(),
});

export const dashboardSummarySchema = dashboardHeadSchema.extend({ panelCount: z.number().int() });
export type DashboardSummary = z.infer<typeof dashboardSummarySchema>;

/** What is wrong with a file; the dashboard as it last was good stays. */
export const dashboardProblemSchema = z.object({
  file: z.string(),
  line: z.number().int().nullable(),
  field: z.string(),
  message: z.string(),
});
export type DashboardProblem = z.infer<typeof dashboardProblemSchema>;

export const dashboardListSchema = z.object({
  items: z.array(dashboardSummarySchema),
  nextCursor: z.null(),
  problems: z.array(dashboardProblemSchema),
});
export type DashboardList = z.infer<typeof dashboardListSchema>;

export const dashboardPanelSchema = z.object({
  title: z.string(),
  type: z.enum(PANEL_TYPES),
  description: z.string().nullable(),
  queries: z.array(z.object({ label: z.string().nullable(), query: z.string() })),
  unit: z.enum(PANEL_UNITS),
  decimals: z.number().int().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  stack: z.boolean(),
  thresholds: z.array(z.object({ value: z.number(), color: z.string() })).describe("lowest first"),
  width: z.number().int().describe("columns of twelve"),
});

export const dashboardDetailSchema = dashboardHeadSchema.extend({
  rangeMs: z.number().describe("milliseconds"),
  refreshMs: z.number().describe("milliseconds"),
  panels: z.array(dashboardPanelSchema),
  problems: z.array(dashboardProblemSchema).describe("of its file: it is shown as it last was good"),
});
export type DashboardDetail = z.infer<typeof dashboardDetailSchema>;
