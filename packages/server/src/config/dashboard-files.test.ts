import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { METRIC_NAMES } from "@batchwatch/protocol";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDashboardFiles, type DashboardFiles, readDashboardFiles } from "./dashboard-files.ts";
import { findShippedDir } from "./shipped-files.ts";

const SEED = join(import.meta.dirname, "../../../../../shared/seed/dashboard.yaml");
const GOOD = "dashboard:\n  title: Mine\n  panels:\n    - title: Runs\n      type: stat\n      query: up\n";
const BAD = `${GOOD}      tresholds: []\n    - title: More\n      type: gauge\n      query: up\n`;

let dir: string;
let dashboards: DashboardFiles;

function open(
  shippedDir: string | null = null,
  patterns: readonly string[] = [join(dir, "*.yaml")],
): DashboardFiles {
  dashboards = createDashboardFiles({
    patterns,
    shippedDir,
    reloadIntervalMs: 20,
    log: pino({ level: "silent" }),
  });
  return dashboards;
}
const put = (name: string, text: string) => writeFileSync(join(dir, name), text);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "batchwatch-dashboards-"));
});
afterEach(async () => {
  await dashboards?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test("the shipped dashboards are good, and each has a panel of its own kind of question", async () => {
  const shipped = findShippedDir("dashboards");
  expect(shipped).not.toBeNull();
  await open(shipped, []).load();
  expect(dashboards.trouble()).toBeNull();
  expect(dashboards.list().map(({ title, source }) => `${title} ${source}`)).toEqual([
    "Batch Job Monitoring shipped",
    "Job Health shipped",
    "Resource Usage shipped",
    "SLA Tracking shipped",
  ]);
});

test("the shipped dashboards ask for nothing but the names that the meter writes", async () => {
  await open(findShippedDir("dashboards"), []).load();
  const queries = dashboards.list().flatMap(({ panels }) => panels.flatMap((panel) => panel.queries));
  const asked = new Set(queries.flatMap(({ query }) => query.match(/\bbatch_jobs?_\w+/g) ?? []));
  const known = Object.values(METRIC_NAMES).flatMap((name) => [name, `${name}_bucket`]);
  expect([...asked].filter((name) => !known.some((one) => one === name))).toEqual([]);
});

test.skipIf(!existsSync(SEED))(
  "a user's file loads as it is, and its panels are those that are shipped (skipped where the file is absent)",
  async () => {
    put("dashboard.yaml", readFileSync(SEED, "utf8"));
    await open(findShippedDir("dashboards")).load();
    expect(dashboards.trouble()).toBeNull();
    const panels = (name: string) =>
      dashboards.get(name)?.panels.map(({ title, type }) => `${type}: ${title}`);
    expect(panels("dashboard")).toHaveLength(8);
    expect(panels("batch-job-monitoring")).toEqual(panels("dashboard"));
  },
);

test("a mistake is told with file, line and field, and the dashboard stays as it was", async () => {
  put("mine.yaml", GOOD);
  await open().load();
  put("mine.yaml", BAD);
  await dashboards.load();
  expect(dashboards.problems()).toEqual([
    {
      file: join(dir, "mine.yaml"),
      line: 7,
      field: "dashboard.panels[0].tresholds",
      message: 'is not known; did you mean "thresholds"?',
    },
    {
      file: join(dir, "mine.yaml"),
      line: 9,
      field: "dashboard.panels[1].type",
      message: expect.stringMatching(/^must be one of timeseries, stat, .*not "gauge"$/),
    },
  ]);
  expect(dashboards.trouble()).toContain(`${join(dir, "mine.yaml")}:7: dashboard.panels[0].tresholds: `);
  expect(dashboards.get("mine")?.panels).toHaveLength(1);
});

test("a file that changes, comes or goes is seen without a restart", async () => {
  await open().load();
  dashboards.start();
  put("Nightly loads.yaml", GOOD);
  await expect.poll(() => dashboards.get("nightly-loads")?.title).toBe("Mine");
  put("Nightly loads.yaml", GOOD.replace("Mine", "Changed again"));
  await expect.poll(() => dashboards.get("nightly-loads")?.title).toBe("Changed again");
  rmSync(join(dir, "Nightly loads.yaml"));
  await expect.poll(() => dashboards.get("nightly-loads")).toBeNull();
});

test("one's own file takes the place of a shipped one of its name; of two of one's own the second is refused", async () => {
  put("job-health.yaml", GOOD);
  put("Job health.yml", GOOD.replace("Mine", "Other"));
  await open(findShippedDir("dashboards"), [join(dir, "*.{yaml,yml}")]).load();
  expect(dashboards.get("job-health")).toMatchObject({ title: "Other", source: "file" });
  expect(dashboards.problems()).toMatchObject([
    { file: join(dir, "job-health.yaml"), message: expect.stringContaining("has the same name as") },
  ]);
});

describe("what is no dashboard", () => {
  test.each([
    ["broken YAML", "dashboard: [", /is no valid YAML/],
    ["text", "hello", /must be an object/],
    ["nothing", "", /dashboard is missing|is missing/],
    ["a rule file", "groups: []\n", /is missing/],
    ["a megabyte", `# ${"x".repeat(1024 * 1024)}`, /larger than 1 MiB/],
  ])("%s is refused", async (_what, text, message) => {
    put("x.yaml", text);
    const { dashboards: read, problems } = await readDashboardFiles([join(dir, "x.yaml")], null);
    expect(read.size).toBe(0);
    expect(problems.some((problem) => message.test(problem.message))).toBe(true);
  });

  test("a file that cannot be read says so", async () => {
    expect((await readDashboardFiles([join(dir, "gone.yaml")], null)).problems).toMatchObject([
      { message: "does not exist" },
    ]);
  });
});
