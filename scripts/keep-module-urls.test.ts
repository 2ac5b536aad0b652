import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { keepModuleUrls } from "./keep-module-urls.ts";

const SERVER_MAIN = "packages/server/src/main.ts";

test("a worker becomes an entry of its own, beside the bundle", async () => {
  const built = await bundle({
    [SERVER_MAIN]: 'new Worker(new URL("./2-record/worker.ts", import.meta.url));',
    "packages/server/src/2-record/worker.ts": 'console.log("at work");',
  });
  expect(Object.keys(built)).toContain("worker-server-2-record-worker.js");
  expect(built["main.js"]).toContain('new URL("./worker-server-2-record-worker.js", import.meta.url)');
});

test("any other file is still found where it lies", async () => {
  const built = await bundle({
    [SERVER_MAIN]: 'import "./6-serve/pages.ts";',
    "packages/server/src/6-serve/pages.ts": 'console.log(new URL("../../../web/dist/", import.meta.url));',
  });
  expect(built["main.js"]).toContain('new URL("../../web/dist/", import.meta.url)');
});

test("only the entry is the main module", async () => {
  const built = await bundle({
    [SERVER_MAIN]: 'import "./other.ts"; if (import.meta.main) console.log("entry");',
    "packages/server/src/other.ts": 'console.log("other is main:", import.meta.main);',
  });
  expect(built["main.js"]).toContain('"other is main:", false');
  expect(built["main.js"]).toContain("import.meta.main");
});

test.each([
  ["import.meta.dirname", "console.log(import.meta.dirname);"],
  ["a bare import.meta.url", "console.log(import.meta.url);"],
  ["a worker that is not there", 'new Worker(new URL("./gone.ts", import.meta.url));'],
])("%s fails the build", async (_what, source) => {
  await expect(bundle({ [SERVER_MAIN]: source })).rejects.toThrow(/main\.ts: .*(once bundled|no such file)/);
});

async function bundle(sources: Record<string, string>): Promise<Record<string, string>> {
  const root = mkdtempSync(join(tmpdir(), "keep-module-urls-"));
  for (const [path, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  }
  const entry = join(root, SERVER_MAIN);
  const outputDir = join(root, "packages/cli/dist");
  const bundler = await rolldown({
    input: { main: entry },
    platform: "node",
    plugins: [keepModuleUrls({ entry, outputDir, ownSourceDir: join(root, "packages") })],
  });
  await bundler.write({ dir: outputDir, entryFileNames: "[name].js" });
  await bundler.close();
  return Object.fromEntries(
    readdirSync(outputDir).map((name) => [name, readFileSync(join(outputDir, name), "utf8")]),
  );
}
