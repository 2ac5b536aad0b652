// `routes test`, `routes show` and `check` of an Alertmanager file through the launcher.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder, runCli } from "../testing/run-cli.ts";

const FILES = {
  "am.yml": `route:
  receiver: ops
  routes:
  - {matchers: [severity="critical"], receiver: pager, group_wait: 0s, group_by: [job_name], continue: true}
  - {matchers: [owner=data], receiver: data}
receivers:
- {name: ops, webhook_configs: [{url: "https://hooks.example.com/x"}]}
- {name: pager, pagerduty_configs: [{routing_key: k}]}
- {name: data}
`,
  "bad.yml": "route: {receiver: ops}\nreceivers: [{name: opps}]\n",
  "batchwatch.yaml": "alerts: {alertmanagerFile: am.yml}\n",
  "bad.yaml": "alerts: {alertmanagerFile: bad.yml}\n",
  "nobody.yaml": "dataDir: ./d\n",
};

const folder = newFolder();
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);

async function batchwatch(
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runCli(args, { cwd: folder });
  return { code, stdout: stdout.toString(), stderr };
}

test("routes test names the receivers in the order of the tree, and why", async () => {
  const { stdout } = await batchwatch("routes", "test", "severity=critical", 'owner="data"');
  expect(stdout).toMatch(/^pager +pagerduty +0 ms +job_name +it matches \{severity="critical"\}$/m);
  expect(stdout).toMatch(/^data +nobody +30 s +– +it matches \{owner="data"\}$/m);
  const { stdout: json } = await batchwatch("routes", "test", "--json");
  expect(JSON.parse(json)).toMatchObject({
    labels: {},
    results: [{ receiver: "ops", because: "no other route matches" }],
  });
  expect(await batchwatch("routes", "test", "critical")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("NAME=VALUE") as string,
  });
});

test("routes show prints the tree", async () => {
  const { stdout } = await batchwatch("routes", "show", "--file", "am.yml");
  expect(stdout).toMatch(/^everything +ops +– +30 s +5 m +4 h +sends$/m);
  expect(stdout).toMatch(/^ {2}\{severity="critical"\} \(continue\) +pager +job_name +0 ms/m);
  expect((await batchwatch("routes", "show", "--config", "nobody.yaml")).stdout).toMatch(/Nobody is told/);
});

test("a file that is not valid is named with its line", async () => {
  const { code, stderr } = await batchwatch("routes", "test", "--file", "bad.yml");
  expect(code).toBe(1);
  expect(stderr).toContain('bad.yml:1: route.receiver: names "ops", which is not in "receivers" (opps)');
});

test("check reads the file of routes, and warns where nobody is told", async () => {
  expect(await batchwatch("check")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("am.yml") as string,
  });
  const bad = await batchwatch("check", "--config", "bad.yaml");
  expect(bad).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("bad.yml:1: route.receiver") as string,
  });
  const { stdout } = await batchwatch("check", "--config", "nobody.yaml");
  expect(stdout).toMatch(/^Warning: .*nobody\.yaml: receivers: names nobody/m);
  expect((await batchwatch("check", "bad.yml")).code).toBe(1);
});
