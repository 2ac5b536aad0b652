// A Rolldown plugin: `new URL("./x", import.meta.url)` written in our sources means the same file in the bundle.
//
//   a `.ts` target is a worker: it becomes an entry of its own, `worker-<name>.js`, beside the bundle
//   any other target (SQL text, a folder of pages) stays where it is; the path is rewritten from the bundle's folder
//
// Other uses of `import.meta` would silently point elsewhere once bundled, so they fail the build by name;
// `import.meta.main` is kept in the entry and is false everywhere else.
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Plugin } from "rolldown";

const MODULE_URL = /new URL\(\s*(["'`])(\.{1,2}\/[^"'`$]*)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;

interface KeepModuleUrlsOptions {
  /** The program's entry file. */
  readonly entry: string;
  /** Where the bundle will be when it runs. */
  readonly outputDir: string;
  /** Only files under here, outside node_modules, are ours to rewrite. */
  readonly ownSourceDir: string;
}

export function keepModuleUrls(options: KeepModuleUrlsOptions): Plugin {
  return {
    name: "keep-module-urls",
    transform: {
      filter: { id: { include: /\.[cm]?tsx?$/, exclude: /node_modules/ }, code: /import\.meta/ },
      handler(code, id) {
        if (!id.startsWith(options.ownSourceDir + sep)) return null;
        const rewritten = code.replace(MODULE_URL, (_whole, _quote, target: string) => {
          const file = join(dirname(id), target);
          if (!file.endsWith(".ts"))
            return moduleUrl(relative(options.outputDir, file) + (target.endsWith("/") ? "/" : ""));
          if (!existsSync(file))
            throw new Error(`${id}: new URL("${target}", import.meta.url): no such file`);
          const fileName = workerFileName(options.ownSourceDir, file);
          this.emitFile({ type: "chunk", id: file, fileName });
          return moduleUrl(fileName);
        });
        const isEntry = id === options.entry;
        const checked = isEntry ? rewritten : rewritten.replaceAll(/\bimport\.meta\.main\b/g, "false");
        refuseOtherUses(checked, id);
        return { code: checked, map: null };
      },
    },
  };
}

/** All chunks lie flat in one folder, so one relative path serves every chunk that the code may end up in. */
function moduleUrl(path: string): string {
  const normal = path.split(sep).join("/");
  return `new URL(${JSON.stringify(normal.startsWith(".") ? normal : `./${normal}`)}, import.meta.url)`;
}

function workerFileName(ownSourceDir: string, file: string): string {
  const name = relative(ownSourceDir, file).replace(/\.ts$/, "").replace(`${sep}src${sep}`, sep);
  return `worker-${name.replace(/[^A-Za-z0-9]+/g, "-")}.js`;
}

function refuseOtherUses(code: string, id: string): void {
  const known = code.replace(/new URL\("[^"]*", import\.meta\.url\)/g, "");
  const other = /\bimport\.meta\.(dirname|filename|url|resolve)\b/.exec(withoutComments(known));
  if (!other) return;
  throw new Error(
    `${id}: ${other[0]} would point elsewhere once bundled; write new URL("./relative/path", import.meta.url) instead`,
  );
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/[^\n]*/g, "");
}
