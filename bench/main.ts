/**
 * `npm run bench -- NAME [ARGUMENTS]`: runs one benchmark of this folder and prints its table. A benchmark is a file
 * `NAME.ts` that exports `run` (see report.ts). `--check` ends with 1 when a figure is over its budget.
 */
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { type Benchmark, isWithinBudget, reportText } from "./report.ts";

const NO_BENCHMARK = new Set(["main.ts", "report.ts"]);

const [name, ...args] = process.argv.slice(2);
if (
  name === undefined ||
  !existsSync(join(import.meta.dirname, `${name}.ts`)) ||
  NO_BENCHMARK.has(`${name}.ts`)
) {
  console.error(`Which benchmark? npm run bench -- ${names().join("|")}`);
  process.exit(2);
}

console.log(machine());
const benchmark = (await import(`./${name}.ts`)) as Benchmark;
const reports = await benchmark.run(args.filter((arg) => arg !== "--check"));
for (const report of reports) console.log(`\n${reportText(report)}`);
const over = reports.flatMap(({ figures }) => figures).filter((figure) => isWithinBudget(figure) === false);
if (args.includes("--check") && over.length > 0) process.exitCode = 1;

function names(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !NO_BENCHMARK.has(file))
    .map((file) => file.slice(0, -".ts".length));
}

function machine(): string {
  const load = loadavg()[0]?.toFixed(1);
  return `Node.js ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model.trim()}, load ${load}`;
}
