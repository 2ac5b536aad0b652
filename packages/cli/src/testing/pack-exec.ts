/**
 * The launcher and the bundle of `exec` as they are installed, made from the sources as they are now: tests then run
 * what users run, and start it a hundred times at its real price. For tests only.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { LAUNCHER, newFolder } from "./run-cli.ts";

/** @returns the path of a launcher that runs the packed bundle, with this process's Node.js by `BATCHWATCH_NODE`. */
export async function packExec(): Promise<string> {
  const folder = newFolder();
  mkdirSync(join(folder, "bin"));
  const launcher = join(folder, "bin/batchwatch");
  copyFileSync(LAUNCHER, launcher);
  const bundler = await rolldown({ input: join(import.meta.dirname, "../exec/main.ts"), platform: "node" });
  await bundler.write({ file: join(folder, "dist/exec.cjs"), format: "cjs", codeSplitting: false });
  await bundler.close();
  process.env.BATCHWATCH_NODE = process.execPath;
  return launcher;
}
