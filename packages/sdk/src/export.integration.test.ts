/** What leaves the process, and what happens to it when the receiver is slow, away, or says no. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  LOOPBACK_CERTIFICATE,
  LOOPBACK_KEY,
} from "@batchwatch/server/1-receive/otlp/test-support/loopback-certificate";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OtlpRecorder, startOtlpRecorder } from "./testing/otlp-recorder.ts";
import { goldenText } from "./testing/plain-golden.ts";
import { type Ended, type Program, spoolFolder, startProgram, until } from "./testing/run-program.ts";

const FOLDER = join(import.meta.dirname, "testing");

let recorder: OtlpRecorder;
let spool: ReturnType<typeof spoolFolder>;
let programs: Program[];

beforeEach(async () => {
  programs = [];
  spool = spoolFolder();
  recorder = await startOtlpRecorder();
});
afterEach(async () => {
  for (const { child } of programs) child.kill("SIGKILL");
  await recorder.close();
  spool.remove();
});

function start(file: string, args: readonly string[] = [], env: Record<string, string> = {}): Program {
  const program = startProgram(join(FOLDER, file), args, {
    BATCHWATCH_URL: recorder.url,
    BATCHWATCH_SPOOL_DIR: spool.path,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    ...env,
  });
  programs.push(program);
  return program;
}

async function plainRun(runId: string, env: Record<string, string> = {}): Promise<Ended> {
  const ended = await start("ways-to-end.ts", ["plain", runId], env).ended;
  expect(ended.code).toBe(0);
  return ended;
}

test("names, attributes, units and values are those of the golden file", async () => {
  expect(await start("thirty-lines.ts").ended).toMatchObject({ code: 0, stderr: "" });
  await expect(goldenText(recorder.requests)).toMatchFileSnapshot("testdata/thirty-lines.golden.txt");
});

describe("a receiver that does not take it", () => {
  test("never answers: the process ends, and the next one brings it", async () => {
    recorder.behave("hang");
    await plainRun("kept", { EXIT_TIMEOUT: "300ms" });
    expect(spool.files().length).toBeGreaterThan(0);
    recorder.behave("take");
    await plainRun("next");
    expect(["kept", "next"].filter((runId) => recorder.has(`"${runId}"`))).toEqual(["kept", "next"]);
    expect(spool.files()).toEqual([]);
  });

  test("is overloaded for a while: it has everything before the job ends", async () => {
    recorder.behave({ status: 503, headers: { "retry-after": "0" } });
    const program = start("ways-to-end.ts", ["handle-sigterm"]);
    await program.printed("waiting");
    await until(() => spool.files().length > 0);
    recorder.behave("take");
    await until(() => recorder.has("batch.run.started"));
    await until(() => spool.files().length === 0);
    program.child.kill("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(recorder.has("batch.run.completed")).toBe(true);
  });

  test("does not know the key: said, and kept for a run with the right one", async () => {
    recorder.behave({ status: 401 });
    expect((await plainRun("kept")).stderr).toContain("the key may not send");
    expect(spool.files().length).toBeGreaterThan(0);
  });

  test("refuses it for good: said, and not kept", async () => {
    recorder.behave({ status: 400 });
    expect((await plainRun("refused")).stderr).toContain("answered 400");
    expect(spool.files()).toEqual([]);
  });
});

describe("a program that does not end with its run", () => {
  test("flush: everything is there when it resolves", async () => {
    const program = start("ways-to-end.ts", ["flush"]);
    await program.printed("flushed");
    for (const said of ["batch.run.completed", "batch_job.daily_etl", "batch_job_completions_total"])
      expect(recorder.has(said)).toBe(true);
    program.child.kill("SIGKILL");
  });

  test("shutdown: nothing is exported any more, and the process ends by itself", async () => {
    expect(await start("ways-to-end.ts", ["shutdown"]).ended).toMatchObject({ code: 0, stdout: "down\n" });
    expect(recorder.has("batch.run.completed")).toBe(true);
    expect(recorder.has("after")).toBe(false);
    expect(spool.files()).toEqual([]);
  });
});

describe("where to", () => {
  test("several destinations: one that is away takes nothing from the other", async () => {
    const destinations = `http://127.0.0.1:9,${recorder.url}`;
    await plainRun("both", { BATCHWATCH_URL: "", DESTINATIONS: destinations });
    expect(recorder.has("batch.run.completed")).toBe(true);
    expect(new Set(recorder.requests.map(({ path }) => path))).toEqual(
      new Set(["/v1/logs", "/v1/traces", "/v1/metrics"]),
    );
    expect(spool.files().length).toBeGreaterThan(0);
  });

  test("key and headers of the environment, protobuf by default", async () => {
    await plainRun("keyed", {
      BATCHWATCH_API_KEY: "bw_secret",
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=a%20b",
      OTEL_EXPORTER_OTLP_PROTOCOL: "",
    });
    for (const { headers, contentType } of recorder.requests) {
      expect(headers).toMatchObject({ "x-api-key": "bw_secret", "x-tenant": "a b" });
      expect(contentType).toBe("application/x-protobuf");
    }
  });

  test("TLS with a certificate of one's own", async () => {
    const secure = await startOtlpRecorder({ cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY });
    const env = { BATCHWATCH_URL: secure.url };
    expect((await plainRun("distrusted", env)).stderr).toContain("the job goes on");
    expect(secure.requests).toEqual([]);
    const ca = join(spool.path, "ca.pem");
    writeFileSync(ca, LOOPBACK_CERTIFICATE);
    await plainRun("trusted", { ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: ca });
    expect(secure.has("trusted")).toBe(true);
    await secure.close();
  });

  test("an address that is none is said; the job does its work", async () => {
    const { stderr } = await plainRun("nowhere", { BATCHWATCH_URL: "batchwatch.example:4318" });
    expect(stderr).toContain('endpoint "batchwatch.example:4318" is no address');
  });
});
