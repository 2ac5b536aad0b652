/**
 * The end of the process, however it comes: the loop is empty, `process.exit`, an error that nobody caught, SIGTERM or SIGINT.
 * Open runs are told to have ended with it, and what waits is sent before it is over. Whoever handles a signal themselves
 * decides what it does; otherwise it ends the process as it would have without us.
 */
import { isMainThread } from "node:worker_threads";
import { guarded } from "../run/guarded.ts";
import { hub, type ProcessEnd } from "../run/hub.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

export interface EndHooks {
  /** The loop is empty, nothing is lost yet: a last asynchronous look. Called once. */
  beforeExit(): void;
  /** Nothing asynchronous happens after it. */
  finish(): void;
}

/** @returns a function that takes the handlers away again */
export function watchProcessEnd(hooks: EndHooks): () => void {
  let thrown: { error: unknown } | null = null;
  let hasEnded = false;
  const ownPid = process.pid;
  const end = (how: Pick<ProcessEnd, "exitCode" | "signal">): void => {
    // A process that a native module has forked off has neither the sending thread nor the runs: they are its parent's.
    if (hasEnded || process.pid !== ownPid) return;
    hasEnded = true;
    for (const run of [...hub.open])
      guarded("the end of a run", () => run.closeWith({ at: Date.now(), thrown, ...how }), undefined);
    guarded("the last flush", () => hooks.finish(), undefined);
  };
  const onThrown = (error: unknown): void => {
    thrown = { error };
  };
  const onBeforeExit = (): void => {
    process.removeListener("beforeExit", onBeforeExit);
    guarded("the flush before the exit", () => hooks.beforeExit(), undefined);
  };
  const onExit = (code: number): void => end({ exitCode: code, signal: null });
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    end({ exitCode: null, signal });
    stop();
    process.kill(process.pid, signal);
  };
  process.on("uncaughtExceptionMonitor", onThrown);
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
  // Signals come to the main thread only.
  if (isMainThread) for (const signal of SIGNALS) process.on(signal, onSignal);

  function stop(): void {
    process.removeListener("uncaughtExceptionMonitor", onThrown);
    process.removeListener("beforeExit", onBeforeExit);
    process.removeListener("exit", onExit);
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
  return stop;
}
