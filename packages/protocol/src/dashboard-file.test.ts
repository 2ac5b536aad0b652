import { describe, expect, it } from "vitest";
import { readDashboardFile } from "./dashboard-file.ts";
import { unitOfQuery } from "./dashboard-panels.ts";

const panel = (over: object = {}) => ({ title: "Runs", type: "timeseries", query: "up", ...over });
const file = (...panels: object[]) => ({ dashboard: { title: "Mine", panels } });

function problems(input: unknown): string[] {
  const reading = readDashboardFile(input);
  return reading.ok ? [] : reading.problems.map(({ field, message }) => `${field}: ${message}`);
}

describe("a dashboard file", () => {
  it("is filled up with what it leaves out", () => {
    expect(readDashboardFile(file(panel()))).toEqual({
      ok: true,
      warnings: [],
      dashboard: {
        title: "Mine",
        description: null,
        tags: [],
        rangeMs: 6 * 3_600_000,
        refreshMs: 30_000,
        panels: [
          {
            title: "Runs",
            type: "timeseries",
            description: null,
            queries: [{ label: null, query: "up" }],
            unit: "none",
            decimals: null,
            min: null,
            max: null,
            stack: false,
            thresholds: [],
            width: 6,
          },
        ],
      },
    });
  });

  it("has a warning for each query that is found wrong, with its place", () => {
    const checkQuery = (query: string) => (query.includes("bad") ? "is bad" : null);
    const queries = [{ query: "up" }, { query: "bad" }];
    const reading = readDashboardFile(file(panel(), { title: "x", type: "stat", queries }), { checkQuery });
    expect(reading).toMatchObject({
      ok: true,
      warnings: [{ field: "dashboard.panels[1].queries[1].query", message: "is bad" }],
    });
  });

  it("puts the thresholds in order", () => {
    const reading = readDashboardFile(
      file(
        panel({
          thresholds: [
            { value: 95, color: "green" },
            { value: 0, color: "#aa0011" },
          ],
        }),
      ),
    );
    expect(reading.ok && reading.dashboard.panels[0]?.thresholds.map(({ value }) => value)).toEqual([0, 95]);
  });

  it.each([
    ["nothing", null, "dashboard: is missing; it must be an object with names and values"],
    [
      "a misspelt field",
      file(panel({ tresholds: [] })),
      'dashboard.panels[0].tresholds: is not known; did you mean "thresholds"?',
    ],
    [
      "a misspelt type",
      file(panel({ type: "timeserie" })),
      'dashboard.panels[0].type: "timeserie" is not known; did you mean "timeseries"?',
    ],
    ["no query", file({ title: "x", type: "stat" }), 'dashboard.panels[0]: has no "query" and no "queries"'],
    [
      "both kinds of query",
      file(panel({ queries: [{ query: "up" }] })),
      'dashboard.panels[0].queries: stands beside "query"; leave one of them out',
    ],
    ["an empty query", file(panel({ query: " " })), "dashboard.panels[0].query: must not be empty"],
    [
      "an unknown colour",
      file(panel({ thresholds: [{ value: 1, color: "pink" }] })),
      'dashboard.panels[0].thresholds[0].color: must be one of green, yellow, orange, red, dark-red, blue, purple, grey, or a colour such as "#1a2b3c"',
    ],
    [
      "a threshold without a number",
      file(panel({ thresholds: [{ value: "high", color: "red" }] })),
      'dashboard.panels[0].thresholds[0].value: must be a number, not the text "high"',
    ],
    ["no panels", { dashboard: { title: "x", panels: [] } }, "dashboard.panels: must hold at least 1"],
    [
      "axes upside down",
      file(panel({ min: 5, max: 5 })),
      "dashboard.panels[0].max: must be above min, which is 5",
    ],
    ["another file", { groups: [] }, "dashboard: is missing; it must be an object with names and values"],
  ])("with %s is refused, and says where", (_what, input, expected) => {
    expect(problems(input)).toContain(expected);
  });
});

describe("the unit of a query", () => {
  it.each([
    ["histogram_quantile(0.5, sum by (le) (rate(x_seconds_bucket[5m])))", "seconds"],
    ["# as percentage\nsum(a) / sum(b)\n * 100", "percent"],
    ["sum(a) * 100", "none"],
    ["histogram_quantile(0.5, sum by (le) (rate(x_bytes_bucket[5m])))", "none"],
    ["sum(rate(x_seconds_count[5m]))", "none"],
  ])("%s is in %s", (query, unit) => {
    expect(unitOfQuery(query)).toBe(unit);
  });

  it("of a heatmap's buckets is that of their bounds", () => {
    expect(unitOfQuery("sum by (le) (rate(x_seconds_bucket[5m]))", "heatmap")).toBe("seconds");
  });
});
