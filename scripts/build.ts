// One quick build: the programs with Rolldown, the pages with Vite. Develop and test on `.ts`; what users start is built.
//
//   packages/cli/dist/main.js     the `batchwatch` command with the server in it, its chunks and workers beside it (ESM)
//   packages/cli/dist/exec.cjs    `batchwatch exec` alone: starts in a fraction of the time, since cron waits for it (CJS)
//   packages/web/dist/            the pages
//   packages/sdk/dist/            what jobs import (build-sdk.ts)
//
// A part whose inputs are unchanged is skipped (a hash of their content is kept in `.inputs-hash`), and so is a part
// whose entry is not there. Each part is built beside its place and renamed into it, so a build that fails or runs
// twice at once leaves no half of a `dist`.
import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { rolldown } from "rolldown";
import { buildSdk } from "./build-sdk.ts";
import { keepModuleUrls } from "./keep-module-urls.ts";

const ROOT = join(import.meta.dirname, "..");
const TOOLING = ["package-lock.json", "scripts/build.ts", "scripts/keep-module-urls.ts"];
const NOT_INPUT =
  /(^|\/)(node_modules|dist|[^/]+\.tmp-\d+|[^/]+\.old-\d+|testdata)(\/|$)|\.test\.tsx?$|\.md$/;

interface Part {
  readonly name: string;
  /** The file without which there is nothing to build. */
  readonly entry: string;
  readonly inputs: readonly string[];
  readonly output: string;
  build(outputDir: string): Promise<void>;
}

const PARTS: readonly Part[] = [
  {
    name: "programs",
    entry: "packages/cli/src/main.ts",
    inputs: ["packages/{cli,server,protocol,promql}/{src/**,package.json}"],
    output: "packages/cli/dist",
    build: buildPrograms,
  },
  {
    name: "pages",
    entry: "packages/web/index.html",
    inputs: ["packages/web/**", "packages/{protocol,promql}/{src/**,package.json}"],
    output: "packages/web/dist",
    build: buildPages,
  },
  {
    name: "sdk",
    entry: "packages/sdk/src/index.ts",
    inputs: ["packages/{sdk,protocol}/{src/**,package.json,tsconfig.build.json}", "scripts/build-sdk.ts"],
    output: "packages/sdk/dist",
    build: buildSdk,
  },
];

/**
 * Builds what is stale and says so on standard error, in parallel; quiet when all is fresh.
 * Rejects with the bundler's message when a part does not build.
 */
export async function build(options: { force?: boolean } = {}): Promise<void> {
  const outcomes = await Promise.allSettled(PARTS.map((part) => buildPart(part, options.force ?? false)));
  const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (reasons.length > 0)
    throw reasons.length === 1 ? reasons[0] : new AggregateError(reasons, reasons.join("\n"));
}

async function buildPart(part: Part, force: boolean): Promise<void> {
  if (!existsSync(join(ROOT, part.entry))) {
    console.error(`${part.name}: no ${part.entry} yet, skipped`);
    return;
  }
  const output = join(ROOT, part.output);
  const stamp = join(output, ".inputs-hash");
  const inputs = hashInputs(part);
  if (!force && existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return;

  const startedAt = performance.now();
  const fresh = `${output}.tmp-${process.pid}`;
  const old = `${output}.old-${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    await part.build(fresh);
    writeFileSync(join(fresh, ".inputs-hash"), inputs);
    putInPlace(fresh, output, old);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.error(`${part.name}: built ${part.output} in ${seconds} s`);
}

function hashInputs(part: Part): string {
  const patterns = [...TOOLING, ...part.inputs];
  const files = globSync(patterns, {
    cwd: ROOT,
    withFileTypes: true,
    exclude: (entry) => NOT_INPUT.test(pathOf(entry)),
  })
    .filter((entry) => entry.isFile())
    .map(pathOf)
    .sort();
  return hash(
    "sha256",
    files.map((file) => `${file} ${hash("sha256", readFileSync(join(ROOT, file)))}\n`).join(""),
  );
}

function pathOf(entry: { parentPath: string; name: string }): string {
  return relative(ROOT, join(entry.parentPath, entry.name));
}

/** Two builds at once may both get here: the loser finds the place taken again and simply tries once more. */
function putInPlace(fresh: string, output: string, old: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(output)) renameSync(output, old);
      renameSync(fresh, output);
      return;
    } catch (error) {
      if (attempt === 3) throw error;
      rmSync(old, { recursive: true, force: true });
    }
  }
}

async function buildPrograms(outputDir: string): Promise<void> {
  const finalDir = join(ROOT, "packages/cli/dist");
  const entry = join(ROOT, "packages/cli/src/main.ts");
  await bundle(entry, finalDir, { dir: outputDir, format: "esm" });

  const execEntry = join(ROOT, "packages/cli/src/exec/main.ts");
  if (existsSync(execEntry)) {
    await bundle(execEntry, finalDir, {
      file: join(outputDir, "exec.cjs"),
      format: "cjs",
      codeSplitting: false,
    });
  }
  // The launcher must not take the CLI's "type": "module" for these chunks from afar, wherever `dist` is copied to.
  writeFileSync(join(outputDir, "package.json"), '{ "type": "module" }\n');
}

type Output = { format: "esm" | "cjs"; dir?: string; file?: string; codeSplitting?: false };

async function bundle(entry: string, finalDir: string, output: Output): Promise<void> {
  const bundler = await rolldown({
    input: { [output.file ? "exec" : "main"]: entry },
    platform: "node",
    external: ["pg-native"],
    plugins: [keepModuleUrls({ entry, outputDir: finalDir, ownSourceDir: join(ROOT, "packages") })],
    // Bundled CommonJS packages name their folder; few use it, and none at start.
    ...(output.format === "esm" && {
      transform: { define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" } },
    }),
    onLog(level, log, handle) {
      if (level === "warn" && log.id?.includes("node_modules")) return;
      handle(level, log);
    },
  });
  try {
    await bundler.write({
      ...output,
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      comments: false,
    });
  } finally {
    await bundler.close();
  }
}

async function buildPages(outputDir: string): Promise<void> {
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--outDir", outputDir, "--emptyOutDir", "--logLevel", "warn"];
  const child = spawn(process.execPath, args, { cwd: join(ROOT, "packages/web"), stdio: ["ignore", 2, 2] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("exit", (code) =>
    code === 0 ? resolve() : reject(new Error(`pages: vite build ended with ${code}`)),
  );
  await promise;
}

if (import.meta.main) {
  await build({ force: process.argv.includes("--force") });
}
