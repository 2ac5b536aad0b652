import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { validateCron } from "../lib/calendar/cron-pattern.ts";
import { ChangeFeed } from "../lib/change-feed.ts";
import { ManualClock } from "../lib/clock.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { createSqliteLedger } from "../storage/open-storage.ts";
import { problemText } from "./config-layers.ts";
import { createJobsFiles, type JobsFiles, readJobsFiles } from "./jobs-files.ts";

let dir = "";
let store: LedgerStore;
let files: JobsFiles;
let logged: string[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "batchwatch-jobs-"));
  logged = [];
  store = createSqliteLedger({ path: ":memory:" });
  await store.open();
  files = createJobsFiles({
    store,
    clock: new ManualClock(Date.UTC(2026, 10, 23)),
    feed: new ChangeFeed(),
    log: pino({}, { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) }),
    patterns: [join(dir, "*.yaml")],
    reloadIntervalMs: 10,
    checkCron: validateCron,
  });
});

afterEach(async () => {
  await files.stop();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

async function declared(jobName: string) {
  return (await store.findJob({ namespace: "default", environment: "", jobName }))?.settingsBySource.declared;
}

test("declared jobs exist with their settings before their first run", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    schedule: 0 2 * * *\n    max_duration_seconds: 60\n");
  await files.load();
  expect(files.trouble()).toBeNull();
  expect(await declared("daily_etl")).toMatchObject({
    maxDurationMs: 60_000,
    schedule: { cron: "0 2 * * *" },
  });
});

test("loading again changes nothing where nothing changed", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n");
  await files.load();
  const before = await store.findJob({ namespace: "default", environment: "", jobName: "daily_etl" });
  await files.load();
  const after = await store.findJob({ namespace: "default", environment: "", jobName: "daily_etl" });
  expect(after?.settingsVersion).toBe(before?.settingsVersion);
});

test("a job that leaves the files loses what they said, and stays", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n  - name: report\n    owner: bob\n");
  await files.load();
  write("a.yaml", "jobs:\n  - name: report\n    owner: bob\n");
  await files.load();
  expect(await declared("daily_etl")).toBeUndefined();
  expect(await declared("report")).toEqual({ owner: "bob" });
});

test("a file with an error keeps the last good state and says where it is", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n");
  write("b.yaml", "jobs:\n  - name: report\n    owner: bob\n");
  await files.load();
  write("a.yaml", "jobs:\n  - name: daily_etl\n    onwer: cid\n");
  write("b.yaml", "jobs:\n  - name: report\n    owner: eve\n");
  await files.load();
  expect(files.trouble()).toMatch(/a\.yaml:3: jobs\[0\]\.onwer: is not known; did you mean "owner"\?/);
  expect(await declared("daily_etl")).toEqual({ owner: "ann" });
  expect(await declared("report")).toEqual({ owner: "eve" });
});

// Nothing in the log said that a mended file is in force again.
test("a file that is mended is said to be good again, once", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n    onwer: ann\n");
  await files.load();
  expect(logged).toEqual([expect.stringMatching(/^Jobs file: .*a\.yaml:3: /)]);
  write("a.yaml", "jobs:\n  - name: daily_etl\n    owner: ann\n");
  await files.load();
  await files.load();
  expect(logged.slice(1)).toEqual(["the jobs files are good again", "declared jobs were brought in line"]);
});

describe("every problem is told with its line", () => {
  test.each<[string, Record<string, string>, (string | RegExp)[]]>([
    [
      "a job that two files declare, beside other mistakes",
      {
        "a.yaml": "jobs:\n  - name: x\n    onwer: 1\n",
        "b.yaml": "jobs:\n  - name: y\n  - name: x\n    paused: 1\n",
      },
      [
        'a.yaml:3: jobs[0].onwer: is not known; did you mean "owner"?',
        'b.yaml:3: jobs[1].name: "x" is declared already in a.yaml',
        "b.yaml:4: jobs[1].paused: must be true or false, not 1",
      ],
    ],
    [
      "a name that stands twice, beside other mistakes",
      { "a.yaml": "jobs:\n  - name: x\n    owner: a\n    owner: b\n    paused: 1\n" },
      ['a.yaml:4: says "owner" a second time', /^a.yaml:5: jobs\[0\].paused/],
    ],
    [
      "a configuration in the place of a jobs file",
      { "a.yaml": "http: { port: 1 }\njobs: { files: [x] }\n" },
      [/^a.yaml: is a configuration, .*--config/],
    ],
  ])("%s", async (_name, texts, expected) => {
    for (const [name, text] of Object.entries(texts)) write(name, text);
    const { problems } = await readJobsFiles([join(dir, "*.yaml")], validateCron);
    const told = problems.map((problem) => problemText(problem).replaceAll(`${dir}/`, ""));
    expect(told).toHaveLength(expected.length);
    for (const [index, one] of expected.entries()) expect(told[index]).toMatch(one);
  });

  test("files that are not there, directories, and patterns of nothing", async () => {
    const { problems, warnings } = await readJobsFiles(
      [join(dir, "no.yaml"), dir, join(dir, "*.yml")],
      validateCron,
    );
    expect(problems.map(problemText)).toEqual([
      `${dir}: is a directory; name files in it, e.g. "${dir}/*.yaml"`,
      `${dir}/no.yaml: does not exist`,
    ]);
    expect(warnings.map(problemText)).toEqual([`${dir}/*.yml: matches no file`]);
  });
});

test("a job declared in two files is told", async () => {
  write("a.yaml", "jobs:\n  - name: daily_etl\n");
  write("b.yaml", "jobs:\n  - name: daily_etl\n");
  await files.load();
  expect(files.trouble()).toMatch(/b\.yaml.*is declared already in .*a\.yaml/);
});

test("a file that changes is loaded by itself", async () => {
  await files.load();
  files.start();
  write("new.yaml", "jobs:\n  - name: late_comer\n    owner: ann\n");
  await vi.waitFor(async () => expect(await declared("late_comer")).toEqual({ owner: "ann" }), {
    timeout: 5000,
  });
});
