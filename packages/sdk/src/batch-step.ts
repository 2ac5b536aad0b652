/** Steps without a run at hand: of the run around them, and no more than a call where there is none. */

import { carriedStep } from "./run/continued-run.ts";
import { guarded } from "./run/guarded.ts";
import { hub } from "./run/hub.ts";
import type { Step } from "./run/run.ts";
import { runStep } from "./run/run-step.ts";
import { isStepped } from "./run/stepped-run.ts";

type Method<Args extends unknown[], R> = (this: unknown, ...args: Args) => R | PromiseLike<R>;
type Stepped<Args extends unknown[], R> = (this: unknown, ...args: Args) => Promise<Awaited<R>>;

/**
 * Makes a function a step of whatever run it is called in: `const load = batchStep("load", loadRows)`, or on a method
 * `@batchStep("load")` (decorators of ECMAScript). Outside any run it only calls the function. The result is a promise.
 */
export function batchStep<Args extends unknown[], R>(name: string, fn: Method<Args, R>): Stepped<Args, R>;
export function batchStep(
  name: string,
): <Args extends unknown[], R>(method: Method<Args, R>, context?: unknown) => Stepped<Args, R>;
export function batchStep<Args extends unknown[], R>(name: string, fn?: Method<Args, R>): unknown {
  if (fn === undefined) return (method: Method<Args, R>) => batchStep(name, method);
  return async function step(this: unknown, ...args: Args): Promise<Awaited<R>> {
    const run = hub.scopes.getStore()?.run;
    const work = (): R | PromiseLike<R> => fn.apply(this, args);
    return (await (run !== undefined && isStepped(run) ? runStep(run, name, work) : work())) as Awaited<R>;
  };
}

/**
 * Goes on with a run that was carried here from another process or thread (`run.environment()`), as one step of it. Without one
 * in the environment it only calls `work`.
 * @param environment default `process.env`; a worker thread may get it by `workerData` instead
 * @throws what `work` throws
 */
export async function continueRun<T>(
  name: string,
  work: (step: Step | null) => T | PromiseLike<T>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<T> {
  const run = guarded("continueRun", () => carriedStep(environment), null);
  return run === null ? await work(null) : await runStep(run, name, work);
}
