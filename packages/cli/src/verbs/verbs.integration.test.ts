// Every verb against a real server process, each through the launcher and the sources.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Spool } from "../sending/spool.ts";
import {
  type CliOptions,
  NO_SERVER,
  newFolder,
  runCli,
  type StartedCli,
  startCli,
} from "../testing/run-cli.ts";

const dataDir = join(newFolder(), "data");
let server: StartedCli;
let url = "";

beforeAll(async () => {
  server = startCli(["serve", "--data-dir", dataDir, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], {
    cwd: newFolder(),
  });
  url = await addressOf(server);
  await run([
    "exec",
    "--job",
    "daily_etl",
    "--type",
    "etl",
    "--run-id",
    "good-1",
    "--",
    "sh",
    "-c",
    "echo BATCHWATCH_RECORDS processed=1200 failed=3",
  ]);
  await run([
    "exec",
    "--job",
    "daily_etl",
    "--run-id",
    "bad-1",
    "--",
    "sh",
    "-c",
    "echo disk full >&2; exit 3",
  ]);
});
afterAll(async () => {
  server.child.kill("SIGTERM");
  expect((await server.result).code).toBe(0);
});

/** The cwd is a folder without a configuration. */
const run = (args: readonly string[], options: CliOptions = {}) =>
  runCli(args, { url, cwd: newFolder(), ...options });

async function addressOf(started: StartedCli): Promise<string> {
  const found = Promise.withResolvers<string>();
  let printed = "";
  started.child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    const address = /web, API.*?(http:\/\/[\d.]+:\d+)/.exec(printed)?.[1];
    if (address !== undefined) found.resolve(address);
  });
  started.child.once("exit", () => found.reject(new Error(`the server ended: ${printed}`)));
  return await found.promise;
}

async function json(args: readonly string[], options: CliOptions = {}): Promise<unknown> {
  const { code, stdout, stderr } = await run([...args, "--json"], options);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.toString());
}

describe("runs", () => {
  test("lists runs as an aligned table", async () => {
    const { stdout } = await run(["runs", "--job", "daily_etl"]);
    const [titles = "", bad = "", good = ""] = stdout.toString().split("\n");
    expect(titles).toMatch(/^RUN +JOB +PHASE +STARTED +DURATION +RECORDS +FAILED +WHY$/);
    expect(bad).toMatch(
      /^bad-1 +daily_etl +failed +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC.* exit code 3: disk full$/,
    );
    expect(good).toMatch(/^good-1 +daily_etl +completed .* 1 200 +3 /);
    expect(good.indexOf("completed")).toBe(titles.indexOf("PHASE"));
  });

  test.each([
    [["--phase", "failed"], ["bad-1"]],
    [
      ["--phase", "failed", "completed"],
      ["bad-1", "good-1"],
    ],
    [["--search", "good"], ["good-1"]],
    [["--limit", "1"], ["bad-1"]],
    [["--from", "2099-01-01T00:00:00Z"], []],
  ])("%j", async (filters, runIds) => {
    const page = await json(["runs", "--job", "daily_etl", ...filters]);
    expect((page as { items: { runId: string }[] }).items.map(({ runId }) => runId)).toEqual(runIds);
  });

  test("shows one with its records, memory and error", async () => {
    expect(await json(["runs", "show", "good-1"])).toMatchObject({
      phase: "completed",
      jobType: "etl",
      recordsProcessed: 1200,
      recordsFailed: 3,
      exitCode: 0,
      witnesses: [{ kind: "cli" }],
    });
    const { stdout } = await run(["runs", "show", "bad-1"]);
    expect(stdout.toString()).toMatch(/exit code +3\n/);
  });
});

test("jobs lists jobs and shows one with the settings that were said", async () => {
  expect(await json(["jobs"])).toMatchObject({ items: [{ jobName: "daily_etl", health: "failing" }] });
  const { stdout } = await run(["jobs", "show", "daily_etl"]);
  expect(stdout.toString()).toMatch(/^job +daily_etl\nhealth +failing: /);
  expect(stdout.toString()).toMatch(/jobType +etl +code/);
});

test("incidents lists what is open", async () => {
  const { stdout } = await run(["incidents"]);
  expect(stdout.toString()).toMatch(/critical +open +daily_etl/);
  expect(await json(["incidents", "show", "1"])).toMatchObject({
    jobName: "daily_etl",
    facts: [{ type: "run_failed" }],
  });
});

describe("ping", () => {
  test("tells of a run from start to end", async () => {
    await run(["ping", "by-hand", "--start", "--run-id", "p1"]);
    const { code, stdout } = await run([
      "ping",
      "by-hand",
      "--run-id",
      "p1",
      "--records",
      "processed=7,failed=1",
    ]);
    expect([code, stdout.toString()]).toEqual([0, "completed: by-hand\n"]);
    expect(await json(["runs", "show", "p1"])).toMatchObject({
      phase: "completed",
      recordsProcessed: 7,
      recordsFailed: 1,
    });
  });

  test.each([
    [["--fail", "--message", "no disk"], { phase: "failed", errorMessage: "no disk" }],
    [["--exit-status", "4"], { phase: "failed", exitCode: 4 }],
    [["--exit-status", "0"], { phase: "completed", exitCode: 0 }],
  ])("%j", async (args, expected) => {
    const runId = `r-${args.join("-")}`;
    await run(["ping", "by-hand", "--run-id", runId, ...args]);
    expect(await json(["runs", "show", runId])).toMatchObject(expected);
  });

  test("of a job under exec is for the run that it is in", async () => {
    const inner = `"$0" ping nested --log --message "half way"`;
    const { code } = await run([
      "exec",
      "--job",
      "nested",
      "--run-id",
      "n1",
      "--",
      "sh",
      "-c",
      inner,
      join(import.meta.dirname, "../../bin/batchwatch"),
    ]);
    expect(code).toBe(0);
    expect(await json(["runs", "--job", "nested"])).toMatchObject({ items: [{ runId: "n1" }] });
  });

  test("is kept where the server is away, and sent by the next one", async () => {
    const spoolDir = newFolder();
    const before = await run(["ping", "kept", "--run-id", "k1"], { url: NO_SERVER, spoolDir });
    expect(before.code).toBe(0);
    expect(before.stderr).toContain("sent with the next exec or ping");
    expect(await json(["spool"], { spoolDir })).toMatchObject([
      { jobName: "kept", url: NO_SERVER, events: 1 },
    ]);
    expect(await run(["spool", "send"], { url: NO_SERVER, spoolDir })).toMatchObject({ code: 1 });
  });

  test.each([
    [["--start", "--fail"], "cannot be used with"],
    [["--exit-status", "999"], "from 0 to 255"],
    [["--records", "many"], "processed=120"],
    [["--nonsense"], "unknown option"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await run(["ping", "by-hand", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

// "0 sent." said neither that something was left nor how to send it.
test("spool send says what it left for its key or server, and how to send that", async () => {
  const spoolDir = newFolder();
  const spool = new Spool(spoolDir, spoolDir);
  const event = (runId: string) => ({
    kind: "completed" as const,
    jobName: "spooled",
    runId,
    at: Date.now(),
  });
  spool.write([event("s1"), event("s2")], { url, apiKey: "bw_of-before" }, Date.now());
  spool.write([event("s3")], { url: NO_SERVER, apiKey: null }, Date.now());
  const first = await run(["spool", "send"], { spoolDir });
  expect(first.stdout.toString()).toMatch(
    /^Nothing was sent to http.*\n1 batch for this server was kept under a key that is not given now\. .*spool send --any-key\n1 batch waits for another server; .*\n$/,
  );
  const second = await run(["spool", "send", "--any-key"], { spoolDir });
  expect(second.stdout.toString()).toMatch(/^2 events sent to http/);
  expect(await json(["runs", "--job", "spooled"])).toMatchObject({ items: [{}, {}] });
});

describe("keys", () => {
  test("are made, listed and revoked while the server runs, and shown once", async () => {
    const created = (await json([
      "keys",
      "create",
      "--scope",
      "ingest",
      "--name",
      "etl host",
      "--data-dir",
      dataDir,
    ])) as { id: number; key: string; prefix: string };
    expect(created.key).toMatch(/^bw_[\w-]{43}$/);
    const { stdout } = await run(["keys", "list", "--data-dir", dataDir]);
    expect(stdout.toString()).toContain(`${created.prefix}…`);
    expect(stdout.toString()).not.toContain(created.key);
    expect((await run(["keys", "revoke", created.prefix, "--data-dir", dataDir])).code).toBe(0);
    expect(await json(["keys", "list", "--data-dir", dataDir])).toEqual([]);
    expect(await json(["keys", "list", "--all", "--data-dir", dataDir])).toMatchObject([
      { id: created.id, revokedAt: expect.any(String) },
    ]);
  });

  test("that are not there cannot be revoked", async () => {
    const { code, stderr } = await run(["keys", "revoke", "999", "--data-dir", dataDir]);
    expect([code, stderr]).toEqual([1, 'batchwatch: There is no key "999"; see batchwatch keys list\n']);
  });

  test("need a scope", async () => {
    expect(await run(["keys", "create", "--data-dir", dataDir])).toMatchObject({ code: 2 });
    expect(await run(["keys", "create", "--scope", "root", "--data-dir", dataDir])).toMatchObject({
      code: 2,
    });
  });
});

describe("check", () => {
  test("names each problem with file, line and field, and the nearest name", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "bw.yaml"), "dataDir: ./d\nhttpp:\n  port: 1\n");
    writeFileSync(join(folder, "jobs.yaml"), 'jobs:\n  - name: a\n    schedule: "0 2 * *"\n    slaa: {}\n');
    const { code, stdout } = await run(["check", "--config", "bw.yaml", "jobs.yaml"], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout.toString()).toContain('bw.yaml:2: httpp: is not known; did you mean "http"?');
    expect(stdout.toString()).toContain('jobs.yaml:4: jobs[0].slaa: is not known; did you mean "sla"?');
    expect(stdout.toString()).toContain("jobs.yaml:3: jobs[0].schedule: has 4 fields");
  });

  test("warns of what has no effect, and is content all the same", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "jobs.yaml"), "jobs:\n  - name: a\n    startBy: 10m\n");
    const { code, stdout } = await run(["check", "jobs.yaml", "none/*.yaml"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(
      /^Warning: none\/\*\.yaml: matches no file\nWarning: jobs\.yaml:3: jobs\[0\]\.startBy: .*\nGood: jobs\.yaml/,
    );
  });

  test("is content with what is good", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "batchwatch.yaml"), "jobs:\n  files: [jobs.yaml]\n");
    writeFileSync(join(folder, "jobs.yaml"), 'jobs:\n  - name: a\n    schedule: "0 2 * * *"\n');
    expect(await json(["check"], { cwd: folder })).toMatchObject({ ok: true, jobs: 1, problems: [] });
  });

  test("is not disturbed by the variables that exec gives its command", async () => {
    const { code } = await run([
      "exec",
      "--job",
      "checked",
      "--",
      join(import.meta.dirname, "../../bin/batchwatch"),
      "check",
    ]);
    expect(code).toBe(0);
  });
});

describe("what goes wrong says what to do", () => {
  test("no server", async () => {
    const { code, stderr } = await run(["jobs"], { url: NO_SERVER });
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot be reached \(ECONNREFUSED\).*batchwatch serve.*BATCHWATCH_URL\n$/);
  });

  test("something else than Batchwatch", async () => {
    const other = createServer((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"),
    ).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { code, stderr } = await run(["jobs"], { url: `http://127.0.0.1:${port}` });
    other.close();
    expect([code, stderr]).toEqual([1, expect.stringContaining("is no Batchwatch server")]);
  });

  test("a filter that the server does not know", async () => {
    const { code, stderr } = await run(["runs", "--phase", "sleeping"]);
    expect(code).toBe(1);
    expect(stderr).toContain("phase");
  });

  test("a second server on the same data", async () => {
    const { code, stderr } = await run([
      "serve",
      "--data-dir",
      dataDir,
      "--http",
      "127.0.0.1:0",
      "--grpc",
      "127.0.0.1:0",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("Another Batchwatch server");
  });

  test.each([
    [["rnus"], "Did you mean runs?"],
    [["serve", "--http", "nowhere"], "HOST:PORT"],
    [["runs", "--limit", "0"], "whole number"],
    [["jobs", "show"], "missing required argument"],
  ])("%j is a mistake of usage", async (args, message) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test("the version and the help are there", async () => {
  expect((await run(["--version"])).stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await run(["--help"]);
  expect([help.code, help.stdout.toString()]).toEqual([0, expect.stringContaining("batchwatch exec --job")]);
  expect((await run(["help", "exec"])).stdout.toString()).toContain("Usage: batchwatch exec --job NAME");
});
