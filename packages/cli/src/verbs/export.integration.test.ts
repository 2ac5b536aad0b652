/** `batchwatch export` and what `batchwatch check` says of dashboards, as processes. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { newFolder, runCli } from "../testing/run-cli.ts";

const DASHBOARD =
  "dashboard:\n  title: Mine\n  panels:\n    - title: Up\n      type: stat\n      query: up\n";
const RULES = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == 0\n";

let folder: string;
beforeEach(() => {
  folder = newFolder();
  mkdirSync(join(folder, "dashboards"));
  mkdirSync(join(folder, "rules"));
  writeFileSync(join(folder, "dashboards/mine.yaml"), DASHBOARD);
  writeFileSync(join(folder, "rules/mine.yaml"), RULES);
  writeFileSync(join(folder, "batchwatch.yaml"), "rules:\n  files: [rules/*.yaml]\n");
});

const run = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await runCli(args, { cwd: folder });
  return { code, said: stdout.toString("utf8") + stderr };
};

describe("export grafana", () => {
  test("writes the configured dashboards beside the shipped ones", async () => {
    const { code, said } = await run(["export", "grafana", "out/g"]);
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining("5 dashboards written.") });
    expect(readdirSync(join(folder, "out/g")).sort()).toEqual([
      "batch-job-monitoring.json",
      "job-health.json",
      "mine.json",
      "resource-usage.json",
      "sla-tracking.json",
    ]);
    expect(JSON.parse(readFileSync(join(folder, "out/g/mine.json"), "utf8"))).toMatchObject({
      title: "Mine",
      schemaVersion: 42,
      panels: [{ type: "stat", targets: [{ expr: "up" }] }],
    });
  });

  test("writes nothing while a dashboard has a mistake, and says where", async () => {
    writeFileSync(join(folder, "dashboards/mine.yaml"), DASHBOARD.replace("stat", "gauge"));
    const { code, said } = await run(["export", "grafana", "out"]);
    expect(code).toBe(1);
    expect(said).toMatch(
      /Nothing was written:\n.*mine\.yaml:5: dashboard\.panels\[0\]\.type: must be one of/,
    );
    expect(readdirSync(folder)).not.toContain("out");
  });
});

test("export prometheus copies the configured rule files as they are", async () => {
  const { code, said } = await run(["export", "prometheus", "--json"]);
  expect(code).toBe(0);
  const { written } = JSON.parse(said) as { written: { file: string; from: string }[] };
  expect(written[0]).toEqual({
    file: join("prometheus", "mine.yaml"),
    from: join(folder, "rules/mine.yaml"),
  });
  expect(readFileSync(join(folder, "prometheus/mine.yaml"), "utf8")).toBe(RULES);
});

describe("check", () => {
  test("counts the dashboards", async () => {
    expect(await run(["check"])).toMatchObject({ code: 0, said: expect.stringContaining("1 dashboard)") });
  });

  test("warns of a query that cannot be read, and knows the variables of the pages", async () => {
    const query = '"sum(rate(up{job_name=~\\"$job_name\\"}[$__rate_interval]))"';
    writeFileSync(join(folder, "good.yaml"), DASHBOARD.replace("query: up", `query: ${query}`));
    writeFileSync(join(folder, "bad.yaml"), DASHBOARD.replace("query: up", "query: sum("));
    const { code, said } = await run(["check", "good.yaml", "bad.yaml"]);
    expect(code).toBe(0);
    expect(said).toMatch(
      /Warning: .*bad\.yaml:6: dashboard\.panels\[0\]\.query: is shown as an error in its panel: 1:/,
    );
    expect(said).not.toContain("good.yaml:");
    expect(said).toContain("3 dashboards)");
  });

  test("tells every mistake with its line", async () => {
    writeFileSync(join(folder, "dashboards/mine.yaml"), `${DASHBOARD}      tresholds: []\n`);
    const { code, said } = await run(["check"]);
    expect(code).toBe(1);
    expect(said).toMatch(
      /mine\.yaml:7: dashboard\.panels\[0\]\.tresholds: is not known; did you mean "thresholds"\?/,
    );
  });
});
