// The SDK as packages install it: ES modules and types by `tsc`, CommonJS by Rolldown, for Node.js 20 and later.
//
//   packages/sdk/dist/esm/sdk/src/{index,export}.js   with what they use of @batchwatch/protocol beside them, in esm/protocol
//   packages/sdk/dist/cjs/{index,export}.js           bundles; OpenTelemetry's packages stay imports
//
// The sending thread is put into its module as text, so that a job may be bundled itself.
import { execFileSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";

const ROOT = join(import.meta.dirname, "..");
const PROTOCOL = "@batchwatch/protocol/";
const OF_USERS = /^@opentelemetry\//;

export async function buildSdk(outputDir: string): Promise<void> {
  const esm = join(outputDir, "esm");
  const cjs = join(outputDir, "cjs");
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(
    process.execPath,
    [tsc, "-p", join(ROOT, "packages/sdk/tsconfig.build.json"), "--outDir", esm],
    {
      stdio: ["ignore", 2, 2],
    },
  );
  for (const file of globSync("**/*.{js,d.ts}", { cwd: esm })) pointToFiles(join(esm, file), esm);
  await embedWorker(join(esm, "sdk/src/export"));
  writeFileSync(join(esm, "package.json"), '{ "type": "module" }\n');

  await bundle({ index: join(esm, "sdk/src/index.js"), export: join(esm, "sdk/src/export.js") }, cjs);
  writeFileSync(join(cjs, "package.json"), '{ "type": "commonjs" }\n');
  cpSync(esm, join(cjs, "types"), {
    recursive: true,
    filter: (source) => !/\.js$|package\.json$/.test(source),
  });
}

/** `@batchwatch/protocol/x` → the file beside it, and `.ts` → `.js`: the package stands by itself. */
function pointToFiles(file: string, esm: string): void {
  const text = readFileSync(file, "utf8");
  const pointed = text.replaceAll(
    /(from |import\()"([^"]+)"/g,
    (whole, before: string, specifier: string) => {
      if (specifier.startsWith(PROTOCOL)) {
        const target = join(esm, "protocol/src", `${specifier.slice(PROTOCOL.length)}.js`);
        const path = relative(dirname(file), target);
        return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
      }
      return /^\.{1,2}\/.*\.ts$/.test(specifier) ? `${before}"${specifier.slice(0, -3)}.js"` : whole;
    },
  );
  if (pointed !== text) writeFileSync(file, pointed);
}

async function embedWorker(folder: string): Promise<void> {
  const bundler = await rolldown({
    input: join(folder, "sender-worker.js"),
    platform: "node",
    external: OF_USERS,
  });
  const { output } = await bundler.generate({ format: "cjs", comments: false });
  await bundler.close();
  const code = output[0]?.code ?? "";
  if (/require\("@/.test(code)) throw new Error("the sending thread must not need any package");
  const module_ = join(folder, "worker-source.js");
  writeFileSync(module_, `export const WORKER_SOURCE = ${JSON.stringify(code)};\n`);
  for (const name of globSync("sender-worker.*", { cwd: folder })) rmSync(join(folder, name));
}

async function bundle(input: Record<string, string>, dir: string): Promise<void> {
  const bundler = await rolldown({ input, platform: "node", external: OF_USERS });
  await bundler.write({
    dir,
    format: "cjs",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    comments: false,
  });
  await bundler.close();
}
