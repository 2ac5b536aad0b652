/**
 * The programs of docs/guide/languages, as they stand there, where their language is on this machine: each gives its run. That of
 * a language which is not here is skipped.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestServer, type TestServer } from "@batchwatch/server/test-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProgram } from "./testing/run-program.ts";

const PAGES = join(import.meta.dirname, "../../../docs/guide/languages");

interface Language {
  page: string;
  fence: string;
  file: string;
  program: string;
  /** Before the file's name. */
  args: readonly string[];
  isHere: readonly string[];
  run: object;
}

const LANGUAGES: readonly Language[] = [
  {
    page: "python.md",
    fence: "python",
    file: "job.py",
    program: "python3",
    args: [],
    isHere: ["--version"],
    run: {
      jobName: "python_etl",
      jobType: "etl",
      recordsProcessed: 150,
      steps: [{ name: "extract", outcome: "success", records: { extracted: 150 } }],
    },
  },
  {
    page: "shell.md",
    fence: "sh",
    file: "job.sh",
    program: "sh",
    args: [],
    isHere: ["-c", "command -v curl"],
    run: {
      jobName: "shell_backup",
      jobType: "backup",
      recordsProcessed: 3,
      steps: [{ name: "copy", outcome: "success", records: { loaded: 3 } }],
    },
  },
  {
    page: "java.md",
    fence: "java",
    file: "BatchRun.java",
    program: "java",
    args: [],
    isHere: ["-version"],
    run: { jobName: "java_etl", jobType: "etl", recordsProcessed: 120 },
  },
  {
    page: "go.md",
    fence: "go",
    file: "main.go",
    program: "go",
    args: ["run"],
    isHere: ["version"],
    run: { jobName: "go_etl", jobType: "etl", recordsProcessed: 120 },
  },
];

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), "batchwatch-languages-"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const language of LANGUAGES) {
  const { page, fence, file, program, args } = language;
  test.skipIf(!isHere(language))(`${page}: its program gives its run`, async () => {
    const text = readFileSync(join(PAGES, page), "utf8");
    const [, code = ""] = new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text) ?? [];
    writeFileSync(join(folder, file), code);
    const env = { BATCHWATCH_URL: server.httpUrl, RUN_ID: `of-${fence}` };
    const ended = await startProgram(join(folder, file), [], env, program, args).ended;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const { json } = await server.request(`/api/runs/of-${fence}`);
    expect(json).toMatchObject({ phase: "completed", ...language.run });
  });
}

function isHere({ program, isHere: args }: Language): boolean {
  try {
    execFileSync(program, [...args], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
