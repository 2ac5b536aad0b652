/**
 * The entry of the small bundle `exec.cjs`: cron waits for this program, so it loads nothing before the command runs.
 * `process.argv` holds what follows the word `exec`.
 */
import { runExec } from "./run-exec.ts";

runExec(process.argv.slice(2));
