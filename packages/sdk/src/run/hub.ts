/**
 * What all copies of this package in one process share, under one global symbol: the current run of each asynchronous context, the
 * runs that are open, and who watches them (the export). Two copies of the package nest their runs in each other so.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Attributes, Context, Span } from "@opentelemetry/api";
import type { SharedCounts } from "./run-counts.ts";

/** How the process went while a run was open. */
export interface ProcessEnd {
  at: number;
  exitCode: number | null;
  signal: string | null;
  /** What nobody caught. */
  thrown: { error: unknown } | null;
}

/** A run, as those see it that watch it from outside. */
export interface WatchedRun {
  readonly jobName: string;
  readonly runId: string;
  readonly heartbeatIntervalMs: number | null;
  readonly counts: SharedCounts;
  /** Of its heartbeats: which run, which job, trace. */
  identity(): Attributes;
  traceIds(): { traceId: string; spanId: string } | null;
  /** The process ends: so does the run. */
  closeWith(end: ProcessEnd): void;
}

export interface RunWatcher {
  /** True: it beats for the runs, so the runs need not do it themselves. */
  readonly beats: boolean;
  started(run: WatchedRun): void;
  ended(run: WatchedRun): void;
}

/** Where something happens: inside which run, and inside which step of it. */
interface Scope {
  readonly run: ScopedRun;
  readonly span: Span;
  /** `span` as the active one. */
  readonly context: Context;
}

/** What another copy of this package may rely on. */
export interface ScopedRun {
  readonly runId: string;
  readonly jobName: string;
  identity(): Attributes;
}

interface Hub {
  readonly scopes: AsyncLocalStorage<Scope>;
  readonly open: Set<WatchedRun>;
  readonly watchers: Set<RunWatcher>;
  /** The run id in the environment serves one run; the next ones have ids of their own. */
  isEnvironmentRunTaken: boolean;
}

const KEY = Symbol.for("batchwatch.sdk.hub.1");

export const hub: Hub = sharedHub();

function sharedHub(): Hub {
  const place = globalThis as { [KEY]?: Hub };
  place[KEY] ??= {
    scopes: new AsyncLocalStorage<Scope>(),
    open: new Set(),
    watchers: new Set(),
    isEnvironmentRunTaken: false,
  };
  return place[KEY];
}

export function isBeatenElsewhere(): boolean {
  for (const watcher of hub.watchers) if (watcher.beats) return true;
  return false;
}
