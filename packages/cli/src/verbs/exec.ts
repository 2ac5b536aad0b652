/** `batchwatch exec` in the help; it runs from its own bundle (exec/run-exec.ts). */
import type { Command } from "commander";
import { EXEC_USAGE } from "../exec/usage.ts";

export function registerExec(program: Command): void {
  program
    .command("exec")
    .description("run a command and tell Batchwatch about it")
    .usage("--job NAME [options] -- COMMAND [ARGUMENTS…]")
    .configureHelp({ formatHelp: () => EXEC_USAGE });
}
