// `batchwatch exec` and servers that are slow, hang, refuse or are away: the command is never held up, and its events
// come to the server in the end, with the times at which things happened.
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Spool } from "../sending/spool.ts";
import { type Behaviour, EventsServer } from "../testing/events-server.ts";
import { packExec } from "../testing/pack-exec.ts";
import { NO_SERVER, newFolder, startCli } from "../testing/run-cli.ts";

let launcher = "";
let server: EventsServer;
let spoolDir = "";
beforeAll(async () => {
  launcher = await packExec();
});
beforeEach(async () => {
  server = await new EventsServer().start();
  spoolDir = join(newFolder(), "spool");
});
afterEach(() => server.stop());

const start = (script: string, options: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  startCli(["exec", "--job", "nightly", ...options, "--", "sh", "-c", script], {
    launcher,
    url: server.url,
    spoolDir,
    env,
  });
const exec = (script: string, options: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  start(script, options, env).result;
const spooled = (): string[] => new Spool(spoolDir, spoolDir).list();
const kinds = (): string[] => server.events.map(({ kind }) => kind);

describe("the command runs and ends as it does without us, and its events are kept, where the server", () => {
  test.each<[string, Behaviour | "away"]>([
    ["is away", "away"],
    ["never answers", { kind: "hang" }],
    ["breaks connections off", { kind: "close" }],
    ["is overloaded", { kind: "status", status: 503, headers: { "retry-after": "60" } }],
    ["wants another key", { kind: "status", status: 401 }],
    ["is something else", { kind: "status", status: 200, body: "<html>" }],
    ["has moved", { kind: "status", status: 301, headers: { location: "https://elsewhere.example/" } }],
  ])("%s", async (_, behaviour) => {
    if (behaviour === "away") await server.stop();
    else server.behaviour = behaviour;
    const { code, stdout, stderr } = await exec("echo out; exit 5", ["--flush-timeout", "300ms"]);
    expect([code, stdout.toString()]).toEqual([5, "out\n"]);
    expect(stderr).toMatch(
      stderr.includes("401")
        ? /^batchwatch: http.* asks for a key\. Set BATCHWATCH_API_KEY.*spool send --any-key sends them\n$/
        : /^batchwatch: http.*kept and sent later\n$/,
    );
    expect(spooled()).toHaveLength(1);

    server.behaviour = { kind: "accept" };
    if (behaviour === "away") await server.start();
    expect(await exec("exit 0")).toMatchObject({ code: 0, stderr: "" });
    expect(spooled()).toEqual([]);
    expect(server.events.filter(({ exitCode }) => exitCode === 5)).toHaveLength(1);
  });
});

test("a slow server gets everything, and the command does not wait for it", async () => {
  server.behaviour = { kind: "slow", ms: 400 };
  const { code } = await exec("exit 6");
  expect(code).toBe(6);
  expect(kinds().toSorted()).toEqual(["failed", "started"]);
  expect(spooled()).toEqual([]);
});

test("a later exec delivers what was spooled, oldest first, with the original times", async () => {
  await server.stop();
  const before = Date.now();
  await exec("exit 1", ["--run-id", "first"]);
  await exec("exit 2", ["--run-id", "second"]);
  const after = Date.now();
  expect(spooled()).toHaveLength(2);
  await server.start();
  await exec("exit 0", ["--run-id", "third"]);
  const ends = server.events.filter(({ kind }) => kind === "failed");
  expect(ends.map(({ runId }) => runId)).toEqual(["first", "second"]);
  for (const { at } of ends) {
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
  }
  expect(
    server.events
      .filter(({ kind }) => kind === "started")
      .map(({ runId }) => runId)
      .toSorted(),
  ).toEqual(["first", "second", "third"]);
});

test("a server that comes back while the command runs gets the start and the end, and nothing stays in the spool", async () => {
  await server.stop();
  const { child, result } = start("exec sleep 60");
  await waitUntil(() => spooled().length > 0);
  await server.start();
  await server.waitFor((events) => events.some(({ kind }) => kind === "started"));
  child.kill("SIGTERM");
  expect((await result).code).toBe(143);
  expect(kinds()).toEqual(["started", "failed"]);
  expect(spooled()).toEqual([]);
});

test("a server that dies in the middle loses nothing", async () => {
  const { child, result } = start("cat; exit 3");
  // Standard input is at its end, so the command ends while the start is answered.
  await server.waitFor((events) => events.length > 0);
  await server.stop();
  const { code } = await result;
  expect(code).toBe(3);
  expect(child.exitCode).toBe(3);
  await server.start();
  await exec("exit 0");
  expect(server.events.filter(({ exitCode }) => exitCode === 3).length).toBeGreaterThanOrEqual(1);
  expect(spooled()).toEqual([]);
});

test("kill -9 of exec itself leaves the start in the spool where the server was away", async () => {
  await server.stop();
  const { child, result } = start("echo ready; exec sleep 30");
  await waitUntil(() => spooled().length > 0);
  child.kill("SIGKILL");
  await result;
  await server.start();
  await exec("exit 0");
  expect(server.events.filter(({ kind }) => kind === "started")).toHaveLength(2);
});

test("a signal while the end is being delivered ends the waiting, not the event", async () => {
  server.behaviour = { kind: "hang" };
  const { child, result } = start("exit 4", ["--flush-timeout", "60s"]);
  await waitUntil(() => spooled().some((path) => readFileSync(path, "utf8").includes('"failed"')));
  child.kill("SIGTERM");
  expect((await result).code).toBe(4);
  expect(spooled()).toHaveLength(1);
});

describe("what the server refuses", () => {
  test("is said, set aside, and does not come again", async () => {
    server.behaviour = {
      kind: "accept",
      reject: ({ kind }) => (kind === "failed" ? "at: is before 2010" : null),
    };
    const { code, stderr } = await exec("exit 9");
    expect(code).toBe(9);
    expect(stderr).toContain("at: is before 2010");
    expect(spooled()).toEqual([]);
    expect(readdirSync(join(spoolDir, "rejected"))).toHaveLength(1);
  });

  test("for its settings is recorded without them", async () => {
    server.behaviour = {
      kind: "accept",
      reject: ({ job }) => (job === undefined ? null : "job.schedule.cron: has 4 fields"),
    };
    const { code, stderr } = await exec("exit 0", ["--schedule", "0 2 * *"]);
    expect(code).toBe(0);
    expect(stderr).toContain("refused its settings: job.schedule.cron: has 4 fields");
    expect(kinds()).toEqual(expect.arrayContaining(["started", "completed"]));
    expect(server.events.every(({ job }) => job === undefined)).toBe(true);
  });

  test("is not said with --quiet", async () => {
    await server.stop();
    expect(await exec("exit 0", ["--quiet"])).toMatchObject({ stderr: "" });
  });
});

describe("the spool", () => {
  test("is readable by its owner alone, as are its files", async () => {
    await server.stop();
    await exec("exit 1");
    const [file = ""] = spooled();
    expect([statSync(spoolDir).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test("of one server or key is not sent to another", async () => {
    await server.stop();
    await exec("exit 1", ["--api-key", "one"]);
    await exec("exit 1", ["--url", NO_SERVER]);
    await server.start();
    await exec("exit 0", ["--api-key", "two"]);
    expect(server.events.filter(({ kind }) => kind === "failed")).toEqual([]);
    expect(spooled()).toHaveLength(2);
    await exec("exit 0", ["--api-key", "one"]);
    expect(server.events.filter(({ kind }) => kind === "failed")).toHaveLength(1);
    expect(spooled()).toHaveLength(1);
  });

  test("never holds the key", async () => {
    await server.stop();
    await exec("exit 1", ["--api-key", "bw_very-secret"]);
    expect(readFileSync(spooled()[0] ?? "", "utf8")).not.toContain("bw_very-secret");
  });

  test("sets corrupt files aside and delivers the others", async () => {
    await server.stop();
    await exec("exit 1");
    writeFileSync(join(spoolDir, "000000000000001-1-0-a.json"), '{"version":1,"eve');
    writeFileSync(join(spoolDir, "000000000000002-1-0-a.json"), "");
    await server.start();
    const { stderr } = await exec("exit 0");
    expect(stderr).toContain("cannot be read");
    expect(spooled()).toEqual([]);
    expect(readdirSync(join(spoolDir, "rejected"))).toEqual([
      "000000000000001-1-0-a.corrupt.json",
      "000000000000002-1-0-a.corrupt.json",
    ]);
    expect(server.events.filter(({ kind }) => kind === "failed")).toHaveLength(1);
  });

  test("is drained once by several execs at the same time", async () => {
    await server.stop();
    for (let run = 0; run < 6; run++) await exec("exit 1", ["--run-id", `away-${run}`]);
    await server.start();
    await Promise.all(Array.from({ length: 4 }, () => exec("sleep 1")));
    expect(spooled()).toEqual([]);
    const ends = server.events.filter(({ kind }) => kind === "failed").map(({ runId }) => runId);
    expect(ends.toSorted()).toEqual(Array.from({ length: 6 }, (_, run) => `away-${run}`));
  });

  test("is taken over from a sender that died with the lock", async () => {
    await server.stop();
    await exec("exit 1");
    writeFileSync(join(spoolDir, ".lock"), "");
    utimesSync(join(spoolDir, ".lock"), 1000, 1000);
    await server.start();
    await exec("exit 0");
    expect(spooled()).toEqual([]);
    expect(readdirSync(spoolDir).filter((name) => name.startsWith(".lock"))).toEqual([]);
  });

  test("is elsewhere where its directory cannot be made", async () => {
    await server.stop();
    mkdirSync(spoolDir, { recursive: true });
    writeFileSync(join(spoolDir, "file"), "");
    const { code } = await exec("exit 1", [
      "--spool-dir",
      join(spoolDir, "file/below"),
      "--run-id",
      "elsewhere",
    ]);
    expect(code).toBe(1);
    const fallback = new Spool(spoolDir)
      .list()
      .filter((path) => path.startsWith("/var/tmp/") && readFileSync(path, "utf8").includes(server.url));
    expect(fallback).toHaveLength(1);
    await server.start();
    await exec("exit 0");
    expect(server.events.some(({ runId }) => runId === "elsewhere")).toBe(true);
  });
});

/** Looks again after each turn of the event loop. */
async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 10);
    await promise;
  }
}
