// `npm start`: builds what is stale, then becomes `batchwatch serve` with the arguments given.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.ts";

const PROGRAM = join(import.meta.dirname, "../packages/cli/dist/main.js");
const args = [process.execPath, PROGRAM, "serve", ...process.argv.slice(2)];

await build();
if (!existsSync(PROGRAM)) throw new Error("There is no packages/cli/src/main.ts to build and start yet.");
runServer();

/** Replaces this process where the system can (signals then reach the server itself), else passes signals on. */
function runServer(): void {
  if (process.execve && process.platform !== "win32") {
    process.execve(process.execPath, args, process.env);
  }
  const child = spawn(process.execPath, args.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
