/**
 * A dashboard as a YAML file: `dashboard:` with a title and panels, each with a type and one query or several. Receives
 * the parsed text; hands on the dashboard with every default filled in, or each problem with its path, so that the
 * reader can add file and line. Its JSON Schema is published at `GET /api/schemas/dashboard.json`.
 */
import { z } from "zod";
import {
  PANEL_TYPES,
  PANEL_UNITS,
  type PanelType,
  type PanelUnit,
  THRESHOLD_COLORS,
  unitOfQuery,
} from "./dashboard-panels.ts";
import { parseDuration } from "./duration.ts";
import { type FieldProblem, fieldPath, pathOfField, problemsOfZodError } from "./field-problem.ts";

/** Of a row; a panel takes a half unless it says otherwise. */
export const DASHBOARD_COLUMNS = 12;
const MOST_PANELS = 100;
const MOST_QUERIES = 26;
const MOST_QUERY_CHARACTERS = 20_000;

const title = z.string().trim().min(1).max(200);
const duration = z.union([z.string(), z.number()]).superRefine((value, context) => {
  try {
    if (parseDuration(value) > 0) return;
    context.addIssue({ code: "custom", message: "must be longer than nothing" });
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
});
const query = z
  .string()
  .trim()
  .min(1)
  .max(MOST_QUERY_CHARACTERS)
  .describe("PromQL; $job_name is the chosen jobs as a regular expression");

const thresholdSchema = z.strictObject({
  value: z.number().describe("from this value on"),
  color: z
    .string()
    .refine((color) => isColor(color), {
      error: `must be one of ${THRESHOLD_COLORS.join(", ")}, or a colour such as "#1a2b3c"`,
    })
    .describe("a name, or #rrggbb"),
});

const panelSchema = z
  .strictObject({
    title,
    type: z.enum(PANEL_TYPES),
    description: z.string().max(2_000).optional(),
    query: query.optional(),
    queries: z
      .array(z.strictObject({ label: z.string().max(200).optional(), query }))
      .min(1)
      .max(MOST_QUERIES)
      .optional()
      .describe("several, each with a label; {{name}} in it stands for a label of the series"),
    label: z
      .string()
      .max(200)
      .optional()
      .describe("of the series of `query`; {{name}} stands for one of their labels"),
    unit: z.enum(PANEL_UNITS).optional(),
    decimals: z.number().int().min(0).max(6).optional(),
    min: z.number().optional().describe("where the axis of values begins"),
    max: z.number().optional().describe("where it ends"),
    stack: z.boolean().optional().describe("timeseries: pile the series up"),
    thresholds: z.array(thresholdSchema).max(20).optional(),
    width: z.number().int().min(1).max(DASHBOARD_COLUMNS).optional().describe("columns of twelve; default 6"),
  })
  .superRefine((panel, context) => {
    if ((panel.query === undefined) === (panel.queries === undefined))
      context.addIssue({
        code: "custom",
        path: panel.query === undefined ? [] : ["queries"],
        message:
          panel.query === undefined
            ? 'has no "query" and no "queries"'
            : 'stands beside "query"; leave one of them out',
      });
    if (panel.label !== undefined && panel.queries !== undefined)
      context.addIssue({
        code: "custom",
        path: ["label"],
        message: 'belongs to "query"; each of "queries" has its own',
      });
    if (panel.min !== undefined && panel.max !== undefined && panel.min >= panel.max)
      context.addIssue({
        code: "custom",
        path: ["max"],
        message: `must be above min, which is ${panel.min}`,
      });
  });

export const dashboardFileSchema = z.strictObject({
  dashboard: z.strictObject({
    title,
    description: z.string().max(2_000).optional(),
    tags: z.array(z.string().min(1).max(100)).max(50).optional(),
    range: duration.optional().describe('how far back it looks at first, e.g. "24h"; default 6h'),
    refresh: duration.optional().describe('how often it asks anew, e.g. "30s"; default 30s'),
    panels: z.array(panelSchema).min(1).max(MOST_PANELS),
  }),
});

export interface PanelQuery {
  label: string | null;
  query: string;
}

export interface DashboardPanel {
  title: string;
  type: PanelType;
  description: string | null;
  queries: PanelQuery[];
  unit: PanelUnit;
  decimals: number | null;
  min: number | null;
  max: number | null;
  stack: boolean;
  /** Lowest first. */
  thresholds: { value: number; color: string }[];
  width: number;
}

export interface Dashboard {
  title: string;
  description: string | null;
  tags: string[];
  rangeMs: number;
  refreshMs: number;
  panels: DashboardPanel[];
}

export type PlacedProblem = FieldProblem & { path: readonly (string | number)[] };

export type DashboardReading =
  /** Warnings: queries that `checkQuery` finds wrong. */
  { ok: true; dashboard: Dashboard; warnings: PlacedProblem[] } | { ok: false; problems: PlacedProblem[] };

/** Answers what is wrong with a query, null when nothing is. */
export type CheckQuery = (query: string) => string | null;

const DEFAULT_RANGE = "6h";
const DEFAULT_REFRESH = "30s";

/** Reads a parsed dashboard file. A query that is wrong is a warning: it is shown in its panel, and the others go on. */
export function readDashboardFile(
  input: unknown,
  options: { checkQuery?: CheckQuery } = {},
): DashboardReading {
  const parsed = dashboardFileSchema.safeParse(input ?? {});
  if (!parsed.success) {
    const problems = problemsOfZodError(parsed.error, knownKeysAt);
    return {
      ok: false,
      problems: problems.map((problem) => ({ ...problem, path: pathOfField(problem.field) })),
    };
  }
  const { dashboard } = parsed.data;
  const { checkQuery } = options;
  return {
    ok: true,
    warnings: checkQuery === undefined ? [] : queryWarnings(dashboard.panels, checkQuery),
    dashboard: {
      title: dashboard.title,
      description: dashboard.description?.trim() || null,
      tags: dashboard.tags ?? [],
      rangeMs: parseDuration(dashboard.range ?? DEFAULT_RANGE),
      refreshMs: parseDuration(dashboard.refresh ?? DEFAULT_REFRESH),
      panels: dashboard.panels.map(readPanel),
    },
  };
}

/** JSON Schema (2020-12) of a dashboard file, for editors. */
export function dashboardFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(dashboardFileSchema, { io: "input", unrepresentable: "any" });
  return { $schema, $id: "dashboard.schema.json", title: "Batchwatch dashboard file", ...schema };
}

type PanelInput = z.output<typeof panelSchema>;

function queryWarnings(panels: readonly PanelInput[], checkQuery: CheckQuery): PlacedProblem[] {
  return panels.flatMap((panel, index) => {
    const at = ["dashboard", "panels", index];
    const placed: [query: string, path: (string | number)[]][] = [
      ...(panel.query === undefined
        ? []
        : [[panel.query, [...at, "query"]] as [string, (string | number)[]]]),
      ...(panel.queries ?? []).map((entry, place): [string, (string | number)[]] => [
        entry.query,
        [...at, "queries", place, "query"],
      ]),
    ];
    return placed.flatMap(([text, path]) => {
      const message = checkQuery(text);
      return message === null ? [] : [{ path, field: fieldPath(path), message }];
    });
  });
}

function readPanel(panel: PanelInput): DashboardPanel {
  const queries: PanelQuery[] =
    panel.queries?.map((entry) => ({ label: entry.label ?? null, query: entry.query })) ??
    (panel.query === undefined ? [] : [{ label: panel.label ?? null, query: panel.query }]);
  return {
    title: panel.title,
    type: panel.type,
    description: panel.description?.trim() || null,
    queries,
    unit: panel.unit ?? unitOfQuery(queries[0]?.query ?? "", panel.type),
    decimals: panel.decimals ?? null,
    min: panel.min ?? null,
    max: panel.max ?? null,
    stack: panel.stack ?? false,
    thresholds: (panel.thresholds ?? []).toSorted((a, b) => a.value - b.value),
    width: panel.width ?? DASHBOARD_COLUMNS / 2,
  };
}

function isColor(color: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(color) || THRESHOLD_COLORS.some((name) => name === color);
}

const DASHBOARD_KEYS = Object.keys(dashboardFileSchema.shape.dashboard.shape);
const PANEL_KEYS = Object.keys(panelSchema.shape);

/** The names that an object at this path may have. */
function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  const last = path.at(-1);
  if (path.length === 0) return ["dashboard"];
  if (last === "dashboard") return DASHBOARD_KEYS;
  const list = path.at(-2);
  if (list === "panels") return PANEL_KEYS;
  if (list === "queries") return ["label", "query"];
  return list === "thresholds" ? ["value", "color"] : [];
}
