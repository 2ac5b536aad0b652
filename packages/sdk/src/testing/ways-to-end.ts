/** A job that ends, or is to be ended, in the way that its first argument names. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { configureExport } from "../export.ts";
import { batchJob, batchStep, captureConsole, continueRun } from "../index.ts";

const [way = "", ...rest] = process.argv.slice(2);
const { HEARTBEAT: interval = "15s", LIMIT: limit } = process.env;
const heartbeat = { interval, ...(limit !== undefined && { limit }) };
const destinations = process.env.DESTINATIONS?.split(",").map((endpoint) => ({ endpoint }));

const exporting = configureExport({
  serviceName: "ways",
  exitTimeout: process.env.EXIT_TIMEOUT ?? "10s",
  ...(destinations !== undefined && { destinations }),
});

const options = { type: "etl", runId: `run-${way}`, heartbeat };
const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const forEver = (): Promise<never> => new Promise(() => setInterval(() => {}, 1_000));

/** Keeps the thread busy: no timer, no promise, no message gets a turn. */
function busyFor(ms: number, each: () => void): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) each();
}

switch (way) {
  case "kill": {
    // Killed in the step that the second argument names, or before or after all steps.
    const here = async (point: string): Promise<void> => {
      if (rest[0] !== point) return;
      print(`at ${point}`);
      await forEver();
    };
    await batchJob("daily_etl", options, async (run) => {
      await here("start");
      for (const name of ["extract", "transform", "load"]) {
        await run.step(name, async (step) => {
          step.processed(10);
          await here(name);
        });
      }
      run.processed(10);
      await here("end");
    });
    break;
  }
  case "busy":
    await batchJob("daily_etl", options, (run) => {
      print("busy");
      busyFor(Number(rest[0]), () => run.processed());
    });
    break;
  case "exit":
    await batchJob("daily_etl", options, (run) => {
      run.processed(3);
      process.exit(Number(rest[0]));
    });
    break;
  case "throw":
    void batchJob("daily_etl", options, async () => {
      setTimeout(() => {
        throw new RangeError("nobody catches this");
      }, 20);
      await forEver();
    });
    break;
  case "reject":
    await batchJob("daily_etl", options, async () => {
      throw new RangeError("the job failed");
    });
    break;
  case "wait":
    await batchJob("daily_etl", options, async () => {
      print("waiting");
      await forEver();
    });
    break;
  case "handle-sigterm":
    await batchJob("daily_etl", options, async (run) => {
      const told = new Promise<void>((resolve) => process.once("SIGTERM", () => resolve()));
      print("waiting");
      const alive = setInterval(() => {}, 1_000);
      await told;
      clearInterval(alive);
      run.processed(7);
    });
    break;
  case "child":
    await batchJob("daily_etl", options, async (run) => {
      await run.step("fan out", async (step) => {
        const env = { ...process.env, ...step.environment() };
        await promisify(execFile)(process.execPath, [process.argv[1] ?? "", "part"], { env });
      });
    });
    break;
  case "part":
    await continueRun("part 1", async (step) => {
      step?.loaded(5);
    });
    break;
  case "nested":
    captureConsole();
    await batchJob("outer", { ...options, runId: "outer-1" }, async (run) => {
      const load = batchStep("load", async (rows: number) => rows);
      await Promise.all(
        ["a", "b"].map((name) =>
          batchJob("inner", { type: "etl", runId: `inner-${name}` }, async (inner) => {
            await load(3);
            // biome-ignore lint/suspicious/noConsole: it is what is captured.
            console.log(`Job inner failed: these are only words of ${name}`);
            inner.processed(1);
          }),
        ),
      );
      run.event("merged", { status: "failed", parts: 2 });
    });
    break;
  case "flush":
    await batchJob("daily_etl", options, (run) => run.processed(1));
    await exporting.flush();
    print("flushed");
    await forEver();
    break;
  case "shutdown":
    await batchJob("daily_etl", options, (run) => run.processed(1));
    await exporting.shutdown();
    await batchJob("daily_etl", { ...options, runId: "after" }, (run) => run.processed(1));
    print("down");
    break;
  case "unnamed":
    // Twice: the run that the environment hands over is one run.
    for (const records of [4, 2])
      await batchJob("daily_etl", { type: "etl" }, (run) => run.processed(records));
    break;
  case "plain":
    await batchJob("daily_etl", { ...options, runId: rest[0] ?? "plain" }, (run) => run.processed(1));
    break;
  default:
    throw new Error(`no such way to end: ${way}`);
}
