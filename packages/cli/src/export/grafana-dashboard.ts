/**
 * A dashboard as Grafana's classic JSON model, as its import page and provisioning take it: panels of the same types over
 * a choice of Prometheus data sources, so that the same file works against Batchwatch's API and any other. Pure.
 */
import { createHash } from "node:crypto";
import type { Dashboard, DashboardPanel, PanelUnit } from "@batchwatch/protocol";
import { DASHBOARD_COLUMNS, durationText, isRangePanel } from "@batchwatch/protocol";

/** Of the classic model; Grafana 12 and 13 write it, older ones read it, newer ones bring it forward. */
const SCHEMA_VERSION = 42;
const GRID_COLUMNS = 24;
const LONGEST_UID = 40;
const DATA_SOURCE = { type: "prometheus", uid: `\${datasource}` } as const;

type Json = { [name: string]: unknown };

/** @param name of its file: the dashboard's id is made from it, so that importing it again replaces it */
export function grafanaDashboard(dashboard: Dashboard, name: string): Json {
  const usesJobs = dashboard.panels.some(({ queries }) =>
    queries.some(({ query }) => query.includes("$job_name")),
  );
  const compact = (ms: number) => durationText(ms).replaceAll(" ", "");
  return {
    id: null,
    uid: uidOf(name),
    title: dashboard.title,
    description: dashboard.description ?? "",
    tags: [...new Set([...dashboard.tags, "batchwatch"])],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    fiscalYearStartMonth: 0,
    graphTooltip: 1,
    links: [],
    annotations: { list: [] },
    timezone: "browser",
    time: { from: `now-${inOneUnit(dashboard.rangeMs)}`, to: "now" },
    timepicker: {},
    refresh: compact(dashboard.refreshMs),
    templating: { list: [dataSourceVariable(), ...(usesJobs ? [jobVariable()] : [])] },
    panels: placed(dashboard.panels),
  };
}

function uidOf(name: string): string {
  const uid = `batchwatch-${name.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`;
  if (uid.length <= LONGEST_UID && uid.endsWith(name)) return uid;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${uid.slice(0, LONGEST_UID - 9)}-${digest}`;
}

/** Grafana reads one number with one unit. */
function inOneUnit(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
  ] as const;
  for (const [unit, length] of units) if (ms >= length && ms % length === 0) return `${ms / length}${unit}`;
  return `${Math.max(1, Math.round(ms / 1_000))}s`;
}

function dataSourceVariable(): Json {
  return {
    name: "datasource",
    label: "Data source",
    type: "datasource",
    query: "prometheus",
    current: {},
    options: [],
    refresh: 1,
    regex: "",
    multi: false,
    includeAll: false,
    hide: 0,
  };
}

function jobVariable(): Json {
  const definition = "label_values(job_name)";
  return {
    name: "job_name",
    label: "Job",
    type: "query",
    datasource: DATA_SOURCE,
    definition,
    query: { query: definition, refId: "job_name" },
    current: { text: ["All"], value: ["$__all"] },
    options: [],
    multi: true,
    includeAll: true,
    allValue: ".*",
    refresh: 2,
    sort: 1,
    regex: "",
    hide: 0,
  };
}

/** Left to right, a new row where one is full. */
function placed(panels: readonly DashboardPanel[]): Json[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map((panel, index) => {
    const w = Math.round((panel.width / DASHBOARD_COLUMNS) * GRID_COLUMNS);
    const h = panel.type === "stat" ? 6 : 9;
    if (x + w > GRID_COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridPos = { x, y, w, h };
    x += w;
    rowHeight = Math.max(rowHeight, h);
    return grafanaPanel(panel, index + 1, gridPos);
  });
}

function grafanaPanel(panel: DashboardPanel, id: number, gridPos: Json): Json {
  return {
    id,
    type: panel.type,
    title: panel.title,
    description: panel.description ?? "",
    datasource: DATA_SOURCE,
    gridPos,
    targets: panel.queries.map(({ query, label }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATA_SOURCE,
      // Instants are milliseconds there.
      expr: panel.unit === "timestamp" ? `(${query.trim()}) * 1000` : query.trim(),
      legendFormat: panel.type === "heatmap" ? "{{le}}" : (label ?? "__auto"),
      editorMode: "code",
      range: isRangePanel(panel.type),
      instant: !isRangePanel(panel.type),
      format: panel.type === "table" ? "table" : panel.type === "heatmap" ? "heatmap" : "time_series",
    })),
    fieldConfig: { defaults: fieldDefaults(panel), overrides: [] },
    options: optionsOf(panel),
    ...(panel.type === "table" && { transformations: tableTransformations() }),
  };
}

const UNITS: Readonly<Record<PanelUnit, string>> = {
  none: "short",
  count: "short",
  percent: "percent",
  ratio: "percentunit",
  seconds: "s",
  milliseconds: "ms",
  bytes: "bytes",
  per_second: "cps",
  per_minute: "cpm",
  timestamp: "dateTimeAsIso",
};

function fieldDefaults(panel: DashboardPanel): Json {
  return {
    unit: UNITS[panel.unit],
    ...(panel.decimals !== null && { decimals: panel.decimals }),
    ...(panel.min !== null && { min: panel.min }),
    ...(panel.max !== null && { max: panel.max }),
    color: {
      mode: panel.type === "timeseries" || panel.type === "piechart" ? "palette-classic" : "thresholds",
    },
    thresholds: { mode: "absolute", steps: thresholdSteps(panel) },
    mappings: panel.type === "state-timeline" && panel.thresholds.length === 0 ? LIVENESS : [],
    custom: customOf(panel),
  };
}

/** The first step has no value: it is what lies below all others. */
function thresholdSteps({ thresholds, type }: DashboardPanel): Json[] {
  if (thresholds.length === 0) return [{ color: type === "state-timeline" ? "green" : "text", value: null }];
  const steps = thresholds.map(({ value, color }) => ({ color: colorName(color), value }));
  const lowest = steps[0];
  return lowest !== undefined && lowest.value <= 0
    ? [{ color: lowest.color, value: null }, ...steps.slice(1)]
    : [{ color: "text", value: null }, ...steps];
}

function colorName(color: string): string {
  return color === "grey" ? "#8e8e8e" : color;
}

const LIVENESS: readonly Json[] = [
  {
    type: "value",
    options: {
      "0": { text: "down", color: "red", index: 1 },
      "1": { text: "up", color: "green", index: 0 },
    },
  },
];

function customOf(panel: DashboardPanel): Json {
  switch (panel.type) {
    case "timeseries":
      return {
        drawStyle: "line",
        lineWidth: 1,
        fillOpacity: panel.stack ? 20 : 0,
        showPoints: "auto",
        spanNulls: false,
        stacking: { mode: panel.stack ? "normal" : "none", group: "A" },
        thresholdsStyle: { mode: panel.thresholds.length > 0 ? "dashed" : "off" },
      };
    case "state-timeline":
      return { fillOpacity: 80, lineWidth: 0 };
    case "table":
      return { align: "auto", cellOptions: { type: "auto" } };
    case "stat":
    case "heatmap":
    case "piechart":
      return {};
  }
}

function optionsOf(panel: DashboardPanel): Json {
  const reduceOptions = { calcs: ["lastNotNull"], fields: "", values: false };
  const legend = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] as string[] };
  switch (panel.type) {
    case "timeseries":
      return { legend: { ...legend, calcs: ["lastNotNull"] }, tooltip: { mode: "multi", sort: "desc" } };
    case "stat":
      return {
        reduceOptions,
        colorMode: panel.thresholds.length > 0 ? "value" : "none",
        graphMode: "none",
        justifyMode: "auto",
        orientation: "auto",
        textMode: "value_and_name",
        wideLayout: true,
      };
    case "table":
      return { showHeader: true, cellHeight: "sm" };
    case "heatmap":
      return {
        calculate: false,
        cellGap: 0,
        color: { mode: "scheme", scheme: "Blues", steps: 64, scale: "exponential", exponent: 0.5 },
        yAxis: { unit: UNITS[panel.unit], axisPlacement: "left" },
        rowsFrame: { layout: "auto" },
        filterValues: { le: 1e-9 },
        legend: { show: true },
        tooltip: { mode: "single", yHistogram: false },
      };
    case "piechart":
      return {
        reduceOptions,
        pieType: "donut",
        displayLabels: [],
        legend: { ...legend, placement: "right", displayMode: "table", values: ["value", "percent"] },
        tooltip: { mode: "single", sort: "none" },
      };
    case "state-timeline":
      return {
        mergeValues: true,
        rowHeight: 0.7,
        showValue: "never",
        legend,
        tooltip: { mode: "single", sort: "none" },
      };
  }
}

function tableTransformations(): readonly Json[] {
  return [
    {
      id: "organize",
      options: { excludeByName: { Time: true, __name__: true }, renameByName: {}, indexByName: {} },
    },
  ];
}
