import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readDashboardFile } from "@batchwatch/protocol";
import { readDashboardFiles } from "@batchwatch/server/config/dashboard-files";
import { describe, expect, test } from "vitest";
import { grafanaDashboard } from "./grafana-dashboard.ts";

const SHIPPED = join(import.meta.dirname, "../../../../integrations/dashboards");

interface Exported {
  uid: string;
  schemaVersion: number;
  time: { from: string };
  templating: { list: { name: string }[] };
  panels: {
    id: number;
    type: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets: { refId: string; expr: string; legendFormat: string; instant: boolean; format: string }[];
    fieldConfig: {
      defaults: { unit: string; thresholds: { steps: { color: string; value: number | null }[] } };
    };
  }[];
}

function exported(panels: object[], name = "mine", more: object = {}): Exported {
  const reading = readDashboardFile({ dashboard: { title: "Mine", ...more, panels } });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return grafanaDashboard(reading.dashboard, name) as unknown as Exported;
}

describe("the shipped dashboards in Grafana's form", async () => {
  const files = readdirSync(SHIPPED).map((file) => join(SHIPPED, file));
  const { dashboards } = await readDashboardFiles(files, SHIPPED);

  test.each([...dashboards.values()].map((dashboard) => [dashboard.name, dashboard] as const))(
    "%s has every panel and query, in places that do not overlap",
    (name, dashboard) => {
      const { panels, templating, schemaVersion } = grafanaDashboard(dashboard, name) as unknown as Exported;
      expect(schemaVersion).toBe(42);
      expect(templating.list.map((variable) => variable.name)).toEqual(["datasource", "job_name"]);
      expect(panels.map(({ type, targets }) => [type, targets.map(({ expr }) => expr)])).toEqual(
        dashboard.panels.map(({ type, queries }) => [type, queries.map(({ query }) => query.trim())]),
      );
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w).toBeLessThanOrEqual(24);
        return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`);
      });
      expect(new Set(cells).size).toBe(cells.length);
    },
  );
});

test("the data source is a choice, and of the jobs only where a query names them", () => {
  const { templating, panels } = exported([{ title: "A", type: "stat", query: "up" }]);
  expect(templating.list).toMatchObject([{ name: "datasource", type: "datasource", query: "prometheus" }]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own.
  expect(panels[0]).toMatchObject({ datasource: { uid: "${datasource}" } });
});

test.each([
  ["timeseries", false, "time_series"],
  ["stat", true, "time_series"],
  ["table", true, "table"],
  ["heatmap", false, "heatmap"],
  ["piechart", true, "time_series"],
  ["state-timeline", false, "time_series"],
])("a %s is asked %s and read as %s", (type, instant, format) => {
  const { panels } = exported([{ title: "A", type, query: "up", label: "{{x}}" }]);
  expect(panels[0]).toMatchObject({
    type,
    targets: [{ refId: "A", instant, format, legendFormat: type === "heatmap" ? "{{le}}" : "{{x}}" }],
  });
});

test.each([
  [
    [
      { value: 0, color: "red" },
      { value: 90, color: "green" },
    ],
    [
      ["red", null],
      ["green", 90],
    ],
  ],
  [
    [{ value: 5, color: "grey" }],
    [
      ["text", null],
      ["#8e8e8e", 5],
    ],
  ],
])("thresholds %j become steps %j", (thresholds, steps) => {
  const { panels } = exported([{ title: "A", type: "stat", query: "up", thresholds }]);
  const found = panels[0]?.fieldConfig.defaults.thresholds.steps;
  expect(found?.map(({ color, value }) => [color, value])).toEqual(steps);
});

test("instants are milliseconds there, and ranges have one unit", () => {
  const { panels, time } = exported([{ title: "A", type: "table", query: "x", unit: "timestamp" }], "mine", {
    range: "1d 12h",
  });
  expect(panels[0]?.targets[0]?.expr).toBe("(x) * 1000");
  expect(time.from).toBe("now-36h");
});

test("the id is short, and another for each name", () => {
  const long = "a".repeat(60);
  const uids = [long, `${long}b`, "größe", "mine"].map(
    (name) => exported([{ title: "A", type: "stat", query: "up" }], name).uid,
  );
  expect(new Set(uids).size).toBe(4);
  for (const uid of uids) expect(uid).toMatch(/^[\w-]{1,40}$/);
  expect(uids[3]).toBe("batchwatch-mine");
});
