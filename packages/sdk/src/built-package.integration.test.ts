/**
 * The package as it is installed: built, loaded as ES module and as CommonJS, by the Node.js of this project and by the oldest that is
 * promised, where one is on this machine.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildSdk } from "../../../scripts/build-sdk.ts";
import { type OtlpRecorder, startOtlpRecorder } from "./testing/otlp-recorder.ts";
import { spoolFolder, startProgram } from "./testing/run-program.ts";

/** Inside the package: OpenTelemetry's packages are found from there. */
const FOLDER = join(import.meta.dirname, `../built.tmp-${process.pid}`);

let recorder: OtlpRecorder;
let spool: ReturnType<typeof spoolFolder>;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  await buildSdk(join(FOLDER, "dist"));
  writeFileSync(
    join(FOLDER, "job.mjs"),
    job('import { batchJob } from "./dist/esm/sdk/src/index.js";', "esm"),
  );
  writeFileSync(join(FOLDER, "job.cjs"), job('const { batchJob } = require("./dist/cjs/index.js");', "cjs"));
  writeFileSync(join(FOLDER, "both.mjs"), TWO_COPIES);
  recorder = await startOtlpRecorder();
  spool = spoolFolder();
});
afterAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  await recorder.close();
  spool.remove();
});

function job(load: string, kind: "esm" | "cjs"): string {
  const exporting =
    kind === "esm"
      ? 'import { configureExport } from "./dist/esm/sdk/src/export.js";'
      : 'const { configureExport } = require("./dist/cjs/export.js");';
  return `${load}
${exporting}
configureExport({ serviceName: "built", protocol: "http/json", exitTimeout: "10s" });
batchJob("built", { runId: process.argv[2], attempts: 2, backoff: 1 }, async (run) => {
  if (run.attempt === 1) throw new Error("first");
  await run.step("load", (step) => { for (const item of step.iterate([1, 2, 3])) void item; });
});
`;
}

/** One copy inside the other's run. */
const TWO_COPIES = `
import { createRequire } from "node:module";
import { batchJob as outer } from "./dist/esm/sdk/src/index.js";
import { configureExport } from "./dist/esm/sdk/src/export.js";
const require = createRequire(import.meta.url);
const { batchJob: inner, batchStep, runLogFields } = require("./dist/cjs/index.js");
const again = require("./dist/cjs/export.js").configureExport;
configureExport({ serviceName: "built", protocol: "http/json", exitTimeout: "10s" });
again({ endpoint: "http://127.0.0.1:9" });
await outer("outer", { runId: "outer-run" }, async () => {
  console.log(runLogFields().job_id, await batchStep("foreign", async () => 7)());
  await inner("inner", { runId: "inner-run" }, (run) => run.processed(2));
});
`;

const OLDEST = ["/usr/bin/node", "/usr/local/bin/node"].find(
  (path) => existsSync(path) && execFileSync(path, ["--version"]).toString().startsWith("v20."),
);

describe.each([
  ["this Node.js", process.execPath],
  ["Node.js 20", OLDEST],
] as const)("with %s", (_name, node) => {
  test.skipIf(node === undefined).for(["job.mjs", "job.cjs"])("%s gives its run", async (file) => {
    const runId = `${file}-${node}`;
    const ended = await startProgram(join(FOLDER, file), [runId], env(), node).ended;
    expect(ended).toMatchObject({ code: 0 });
    const all = recorder.requests.map(({ body }) => body.toString()).filter((text) => text.includes(runId));
    for (const part of ["batch.run.started", "batch.run.retrying", "batch.run.completed", "batch_step.load"])
      expect(all.some((text) => text.includes(part))).toBe(true);
  });
});

test("two copies in one process: their runs nest, and only the first one exports", async () => {
  const { code, stdout } = await startProgram(join(FOLDER, "both.mjs"), [], env()).ended;
  expect([code, stdout]).toEqual([0, "outer-run 7\n"]);
  const inner = recorder.requests
    .map(({ body }) => body.toString())
    .find((text) => text.includes("inner-run"));
  expect(inner).toContain("parentRunId");
  expect(inner).toContain("outer-run");
});

function env(): Record<string, string> {
  return { BATCHWATCH_URL: recorder.url, BATCHWATCH_SPOOL_DIR: spool.path };
}
