// `batchwatch exec` around real commands: what the command and the shell around it see, and what the server is told.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEventInput } from "@batchwatch/protocol/run-event";
import { readRunEvent } from "@batchwatch/protocol/run-event-schema";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EventsServer } from "../testing/events-server.ts";
import { packExec } from "../testing/pack-exec.ts";
import { type CliOptions, LAUNCHER, NO_SERVER, newFolder, runCli, startCli } from "../testing/run-cli.ts";

const server = new EventsServer();
let launcher = "";
beforeAll(async () => {
  launcher = await packExec();
  await server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.behaviour = { kind: "accept" };
});

const start = (command: readonly string[], options: readonly string[] = [], more: CliOptions = {}) =>
  startCli(["exec", "--job", "nightly", ...options, "--", ...command], {
    launcher,
    url: server.url,
    ...more,
  });
const exec = (command: readonly string[], options: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  start(command, options, { env }).result;
const sh = (script: string, options: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  exec(["sh", "-c", script], options, env);

function lastEvent(): RunEventInput {
  const event = server.events.findLast(({ kind }) => kind === "completed" || kind === "failed");
  if (event === undefined) throw new Error("no end was reported");
  return event;
}

describe("the exit code", () => {
  test.each([
    ["exit 0", 0, { kind: "completed", exitCode: 0 }],
    ["exit 3", 3, { kind: "failed", exitCode: 3 }],
    ["exit 255", 255, { kind: "failed", exitCode: 255 }],
    ["kill -9 $$", 137, { kind: "failed", signal: "SIGKILL" }],
    ["kill -TERM $$", 143, { kind: "failed", signal: "SIGTERM" }],
    ["kill -SEGV $$", 139, { kind: "failed", signal: "SIGSEGV" }],
    ["echo why >&2; exit 1", 1, { exitCode: 1, error: { message: "why" } }],
  ])("of %s is %d", async (script, code, event) => {
    expect(await sh(script)).toMatchObject({ code, signal: null });
    expect(lastEvent()).toMatchObject(event);
  });

  test("is 127 for a command that is not there, which is a failed run", async () => {
    const { code, stderr } = await exec(["no-such-command-here"]);
    expect(code).toBe(127);
    expect(stderr).toContain("no-such-command-here: command not found");
    expect(server.events.map(({ kind }) => kind)).toEqual(["started", "failed"]);
    expect(lastEvent().error?.type).toBe("command_not_found");
  });

  test("is 126 for a file that is not executable", async () => {
    const file = join(newFolder(), "job.sh");
    writeFileSync(file, "exit 0\n");
    chmodSync(file, 0o644);
    expect(await exec([file])).toMatchObject({ code: 126 });
    expect(lastEvent()).toMatchObject({ exitCode: 126, error: { type: "not_executable" } });
  });

  test.each([
    [["--", "true"], "--job"],
    [["--job", "a"], 'after "--"'],
    [
      ["--job", "a", "--max-duratoin", "5m", "--", "true"],
      "did you mean --max-duration? See batchwatch exec --help",
    ],
    [["--job", "a", "--zzzzzzz", "--", "true"], "unknown option --zzzzzzz. See batchwatch exec --help"],
    [["--job", "a", "--max-duration", "5", "--", "true"], "has no unit"],
    [["--job", "a", "--url", "nowhere", "--", "true"], "--url"],
  ])("is 2 for a mistake in the options %j", async (args, message) => {
    const { code, stderr } = await runCli(["exec", ...args], { launcher, url: server.url });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(server.requests).toEqual([]);
  });
});

describe("the output", () => {
  test("passes through unchanged, byte for byte", async () => {
    const script = "head -c 3000000 /dev/urandom | tee /dev/stderr";
    const { stdout, stderr } = await sh(`${script} 2>/dev/null`);
    expect(stdout.length).toBe(3_000_000);
    expect(stderr).toBe("");
    const bytes = join(newFolder(), "bytes");
    await sh(`head -c 100000 /dev/urandom >${bytes}; cat ${bytes}`).then(({ stdout: copied }) =>
      expect(copied.equals(spawnSync("cat", [bytes]).stdout)).toBe(true),
    );
  });

  test("of 10 MB without a newline at its end arrives whole, and its end is sent", async () => {
    const { stdout } = await sh("yes 0123456789 | head -c 10000000; printf the-end");
    expect(stdout.length).toBe(10_000_007);
    const { output, outputTruncated } = lastEvent();
    expect(output?.length).toBe(10_000);
    expect(output?.endsWith("the-end")).toBe(true);
    expect(outputTruncated).toBe(true);
  });

  test("that is short is sent whole, both streams, and said to be whole", async () => {
    const { stdout, stderr } = await sh("echo out; sleep 0.1; echo err >&2");
    expect([stdout.toString(), stderr]).toEqual(["out\n", "err\n"]);
    expect(lastEvent()).toMatchObject({ output: "out\nerr\n" });
    expect(lastEvent()).not.toHaveProperty("outputTruncated");
  });

  test("keeps the order of both streams exactly where they go to one place", async () => {
    const script = "i=0; while [ $i -lt 200 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done";
    const wanted = spawnSync("sh", ["-c", `(${script}) 2>&1`]).stdout.toString();
    const { stdout } = spawnSync("sh", ["-c", `"${launcher}" exec --job nightly -- sh -c '${script}' 2>&1`], {
      env: { ...process.env, BATCHWATCH_URL: NO_SERVER, BATCHWATCH_SPOOL_DIR: newFolder() },
    });
    expect(stdout.toString().replace(/^batchwatch: .*\n/gm, "")).toBe(wanted);
  });

  test.each(["/dev/stdout", "/dev/stderr", "/dev/fd/3"])("can be opened by name: %s", async (path) => {
    expect(await sh(`echo hello >${path}`)).toMatchObject({ code: 0 });
  });

  test("is not sent with --no-output, nor with a limit of 0", async () => {
    expect((await sh("echo secret; echo secret >&2; exit 1", ["--no-output"])).stdout.toString()).toBe(
      "secret\n",
    );
    expect(
      (await sh("echo secret; echo secret >&2; exit 1", ["--output-limit", "0"])).stdout.toString(),
    ).toBe("secret\n");
    expect(JSON.stringify(server.events)).not.toContain("secret");
  });

  test("is cut between characters", async () => {
    await sh("printf 'ääää'", ["--output-limit", "3"]);
    expect(lastEvent().output).toBe("ä");
  });

  test("whose reader has gone ends the command by a broken pipe, as without us", async () => {
    const { child, result } = start(["yes"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect((await result).code).toBe(128 + 13);
    expect(lastEvent()).toMatchObject({ kind: "failed", signal: "SIGPIPE" });
  });

  test("of something that the command left behind does not hold the end up", async () => {
    const { child, result } = start(["sh", "-c", "sleep 100 & echo pid=$!"]);
    const { code, stdout } = await result;
    expect(code).toBe(0);
    const pid = Number(/pid=(\d+)/.exec(stdout.toString())?.[1]);
    process.kill(pid, 0);
    process.kill(pid);
    expect(child.exitCode).toBe(0);
  });

  test("standard input is the command's", async () => {
    const { stdout } = await start(["cat"], [], { input: "from outside" }).result;
    expect(stdout.toString()).toBe("from outside");
  });
});

describe("signals", () => {
  test.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)(
    "%s reaches the command, whose answer is the end",
    async (signal) => {
      const script = `trap 'echo got; exit 7' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
      const { child, result } = start(["sh", "-c", script]);
      child.stdout?.once("data", () => child.kill(signal));
      const { code, stdout } = await result;
      expect([code, stdout.toString()]).toEqual([7, "ready\ngot\n"]);
      expect(lastEvent()).toMatchObject({ kind: "failed", exitCode: 7 });
    },
  );

  test("a command that a forwarded signal ends has ended by that signal", async () => {
    const { child, result } = start(["sh", "-c", "echo ready; exec sleep 100"]);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    expect((await result).code).toBe(143);
    expect(lastEvent()).toMatchObject({ kind: "failed", signal: "SIGTERM" });
  });

  test("what nohup ignores stays ignored", async () => {
    const { status, stdout } = spawnSync(
      "sh",
      [
        "-c",
        `trap '' HUP; exec "${launcher}" exec --job nightly -- sh -c 'grep SigIgn /proc/self/status; kill -HUP $$ $PPID; echo alive'`,
      ],
      { env: { ...process.env, BATCHWATCH_URL: NO_SERVER, BATCHWATCH_SPOOL_DIR: newFolder() } },
    );
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/SigIgn:\s*0*1\nalive\n/);
  });

  test("Ctrl-C in a terminal reaches the command once, and ends the shell script around it", async () => {
    const folder = newFolder();
    const job = `trap 'echo INT >>${folder}/ints; trap - INT; kill -INT $$' INT; touch ${folder}/ready; while :; do sleep 0.05; done`;
    writeFileSync(join(folder, "job.sh"), job);
    writeFileSync(
      join(folder, "outer.sh"),
      `"${launcher}" exec --job nightly -- sh ${folder}/job.sh\necho went on\n`,
    );
    // A terminal of its own; the letter is typed once the job is ready.
    const typing = `until [ -e ${folder}/ready ]; do sleep 0.05; done; sleep 0.2; printf '\\003'; sleep 2`;
    const child = spawn(
      "sh",
      ["-c", `(${typing}) | script -qec 'bash ${folder}/outer.sh' /dev/null; cat ${folder}/ints`],
      {
        env: { ...process.env, BATCHWATCH_URL: server.url, BATCHWATCH_SPOOL_DIR: newFolder() },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    await once(child, "close");
    expect(output).not.toContain("went on");
    expect(output.match(/INT/g)).toEqual(["INT"]);
    expect(lastEvent()).toMatchObject({ kind: "failed", signal: "SIGINT" });
  });
});

describe("the command's environment", () => {
  test("names the run, the job and the trace; nothing of ours beside", async () => {
    const { stdout } = await sh("env", ["--run-id", "r-1"], { MINE: "kept", NODE_OPTIONS: "--no-warnings" });
    const env = Object.fromEntries(
      stdout
        .toString()
        .split("\n")
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    expect(env).toMatchObject({
      BATCHWATCH_RUN: "r-1",
      BATCHWATCH_JOB: "nightly",
      MINE: "kept",
      NODE_OPTIONS: "--no-warnings",
    });
    const [started] = server.events;
    expect(env.TRACEPARENT).toBe(`00-${started?.traceId}-${started?.spanId}-01`);
    expect(Object.keys(env).filter((name) => /^BATCHWATCH_(PIPES|IGNORED|NODE_OPTIONS)/.test(name))).toEqual(
      [],
    );
  });

  test("of a nested exec is a run of its own inside the same trace", async () => {
    await exec([launcher, "exec", "--job", "inner", "--", "true"], ["--run-id", "outer-1"]);
    const outer = server.events.find(({ kind, jobName }) => kind === "started" && jobName === "nightly");
    const inner = server.events.find(({ kind, jobName }) => kind === "started" && jobName === "inner");
    expect(inner?.runId).not.toBe("outer-1");
    expect(inner?.metadata).toMatchObject({ parentRunId: "outer-1" });
    expect(inner).toMatchObject({ traceId: outer?.traceId, parentSpanId: outer?.spanId });
  });
});

describe("what is sent", () => {
  test("is valid run events of one run, with the times of the command", async () => {
    const before = Date.now();
    await sh("sleep 0.3", [
      "--type",
      "etl",
      "--env",
      "production",
      "--tag",
      "team=data",
      "--max-duration",
      "1h",
      "--schedule",
      "0 2 * * *",
      "--tz",
      "Europe/Berlin",
    ]);
    const after = Date.now();
    for (const event of server.events) expect(readRunEvent(event, Date.now())).toMatchObject({ ok: true });
    const [started] = server.events;
    expect(started).toMatchObject({
      kind: "started",
      jobName: "nightly",
      jobType: "etl",
      environment: "production",
      witness: "cli",
      heartbeatIntervalMs: 15_000,
      job: {
        jobType: "etl",
        tags: { team: "data" },
        schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" },
        sla: { maxDuration: "1h" },
      },
    });
    const end = lastEvent();
    expect(end.startedAt).toBe(started?.at);
    expect(end.durationMs).toBeGreaterThanOrEqual(300);
    expect(started?.at).toBeGreaterThanOrEqual(before);
    expect(end.at).toBeLessThanOrEqual(after);
    expect(new Set(server.events.map(({ runId }) => runId)).size).toBe(1);
    expect(new Set(server.events.map(({ id }) => id)).size).toBe(server.events.length);
  });

  test("never holds the arguments of the command", async () => {
    await exec(["sh", "-c", "exit 0", "--password=hunter2"]);
    expect(JSON.stringify(server.events)).not.toContain("hunter2");
  });

  test("the start goes out while the command runs", async () => {
    const { child, result } = start(["cat"]);
    await server.waitFor((events) => events.some(({ kind }) => kind === "started"));
    expect(child.exitCode).toBe(null);
    expect((await result).code).toBe(0);
  });

  test("heartbeats carry memory and CPU of the whole process tree", async () => {
    const hog = `"${process.execPath}" -e "globalThis.held = Buffer.alloc(60000000, 1); setTimeout(() => {}, 30000)"`;
    const { child, result } = start(
      ["sh", "-c", `trap 'kill $hog' TERM; ${hog} & hog=$!; wait; wait`],
      ["--heartbeat-interval", "100ms"],
    );
    await server.waitFor((events) =>
      events.some(
        ({ kind, resources }) => kind === "heartbeat" && (resources?.memoryBytes ?? 0) > 60_000_000,
      ),
    );
    child.kill("SIGTERM");
    await result;
    const beat = server.events.findLast(({ kind }) => kind === "heartbeat");
    expect(beat?.heartbeatIntervalMs).toBe(100);
    expect(beat?.resources?.peakMemoryBytes).toBeGreaterThan(60_000_000);
    expect(lastEvent().resources?.peakMemoryBytes).toBeGreaterThan(60_000_000);
  });

  test("the CPU time of grandchildren that were waited for is in the end, and the peak of memory", async () => {
    const burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
    await sh(`sh -c '${burn}'; sh -c '${burn}'`);
    const { resources } = lastEvent();
    expect(resources?.cpuMs).toBeGreaterThan(100);
    expect(resources?.peakMemoryBytes).toBeGreaterThan(100_000);
  });

  test("the interval of heartbeats follows a short limit", async () => {
    await sh("true", ["--heartbeat-limit", "3s"]);
    expect(server.events[0]).toMatchObject({
      heartbeatIntervalMs: 1000,
      job: { heartbeat: { interval: "1s", limit: "3s" } },
    });
  });
});

describe("records", () => {
  test.each([
    ["a line of output", "echo BATCHWATCH_RECORDS processed=120 failed=3", { processed: 120, failed: 3 }],
    ["a line of error output", "echo BATCHWATCH_RECORDS processed=120 >&2", { processed: 120 }],
    [
      "the last of several lines",
      "for n in 1 2 3; do echo BATCHWATCH_RECORDS processed=$n; done",
      { processed: 3 },
    ],
    ["a line without its end", "printf 'BATCHWATCH_RECORDS processed=9'", { processed: 9 }],
    ["a line of a log", "echo '2026-11-24 INFO etl: BATCHWATCH_RECORDS processed=7'", { processed: 7 }],
    ["descriptor 3", "echo processed=5 failed=1 >&3", { processed: 5, failed: 1 }],
    ["a marked line on descriptor 3", "echo BATCHWATCH_RECORDS processed=5 >&3", { processed: 5 }],
    ["JSON on descriptor 3", `echo '{"processed":11,"loaded":10}' >&3`, { processed: 11, loaded: 10 }],
  ])("from %s", async (_, script, records) => {
    const { stdout } = await sh(script);
    expect(lastEvent().records).toEqual(records);
    if (!script.includes("&")) expect(stdout.toString()).toContain("BATCHWATCH_RECORDS");
  });

  test("are sent as progress while the command runs", async () => {
    const { child, result } = start(["sh", "-c", "echo BATCHWATCH_RECORDS processed=10 total=40; exec cat"]);
    await server.waitFor((events) => events.some(({ kind }) => kind === "progress"));
    expect(child.exitCode === null || child.exitCode === 0).toBe(true);
    await result;
    expect(server.events.find(({ kind }) => kind === "progress")).toMatchObject({
      progress: { processed: 10, total: 40 },
      records: { processed: 10 },
    });
  });

  test("of a fast reporter are sent a few times, the last value at the end", async () => {
    await sh("i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo BATCHWATCH_RECORDS processed=$i; done");
    expect(server.events.filter(({ kind }) => kind === "progress").length).toBeLessThan(5);
    expect(lastEvent().records).toEqual({ processed: 2000 });
  });

  test("that nobody reports are left out, not zero", async () => {
    await sh("echo no records here");
    expect(lastEvent()).not.toHaveProperty("records");
    expect(lastEvent()).not.toHaveProperty("progress");
  });
});

test("the checkout's own launcher runs the built bundle, or the sources where nothing is built", async () => {
  const { code } = await start(["sh", "-c", "exit 3"], [], { launcher: LAUNCHER }).result;
  expect(code).toBe(3);
  expect(lastEvent()).toMatchObject({ kind: "failed", exitCode: 3 });
});

test("a slow reader slows the command and nothing is lost", async () => {
  const script = "yes abcdefghij | head -c 2000000";
  const { child, result } = start(["sh", "-c", script], ["--heartbeat-interval", "50ms"]);
  child.stdout?.pause();
  await server.waitFor((events) => events.filter(({ kind }) => kind === "heartbeat").length >= 3);
  expect(child.exitCode).toBe(null);
  child.stdout?.resume();
  const { stdout } = await result;
  expect(createHash("sha256").update(stdout).digest("hex")).toBe(
    createHash("sha256")
      .update(spawnSync("sh", ["-c", script], { maxBuffer: 1e8 }).stdout)
      .digest("hex"),
  );
});
