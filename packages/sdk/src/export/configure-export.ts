/**
 * `configureExport`: one call that registers OpenTelemetry for this process and sends all three signals to Batchwatch, or to any
 * OTLP/HTTP receiver, or to several. A thread of its own sends; the end of the process waits for it up to a stated time.
 */
import { writeSync } from "node:fs";
import { context, logs, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { guarded, warnOnce } from "../run/guarded.ts";
import { hub, type RunWatcher, type WatchedRun } from "../run/hub.ts";
import { destinationsOf, durationOr, type ExportOptions } from "./export-options.ts";
import { LoopTurns } from "./loop-turns.ts";
import { spoolDirectory } from "./otlp-spool.ts";
import { Outbox } from "./outbox.ts";
import { watchProcessEnd } from "./process-end.ts";
import { resourceAttributesOf } from "./resource-attributes.ts";
import { WorkerLink } from "./worker-link.ts";

export interface ExportHandle {
  /** Resolves when all that is known so far is delivered or spooled. Never rejects. */
  flush(): Promise<void>;
  /** Sends what is left and stops: for tests and for programs that go on without. Blocks for at most the exit timeout. */
  shutdown(): Promise<void>;
}

const DEFAULT_EXIT_TIMEOUT_MS = 2_000;
const DEFAULT_METRIC_INTERVAL_MS = 15_000;
/** After the end of a run its metrics are collected at once; of many short runs not more often than this. */
const COLLECT_PAUSE_MS = 200;
const NOTHING: ExportHandle = { flush: async () => {}, shutdown: async () => {} };
const KEY = Symbol.for("batchwatch.sdk.export.1");

/**
 * Starts exporting. Call it once, first thing. Never throws: a wrong option is said by `onWarning` and left out.
 * @param options nothing at all: to a Batchwatch on this machine, http://127.0.0.1:4318
 * @returns a handle for programs that want to flush by themselves; nothing has to be done with it
 */
export function configureExport(options: ExportOptions = {}): ExportHandle {
  const process_ = globalThis as { [KEY]?: ExportHandle };
  if (process_[KEY] !== undefined) {
    warnOnce(
      "configureExport was called before, maybe by another copy of this package: the first call counts",
    );
    return process_[KEY];
  }
  try {
    const handle = start(options ?? {}, () => delete process_[KEY]);
    process_[KEY] = handle;
    return handle;
  } catch (error) {
    warnOnce(`nothing is exported: ${String(error)}`);
    return NOTHING;
  }
}

function start(options: ExportOptions, stopped: () => void): ExportHandle {
  const env = process.env;
  const warnings = new Warnings(options.onWarning);
  const warn = (message: string): void => warnings.say(message);
  const destinations = destinationsOf(options, env, warn);
  if (destinations.length === 0) {
    warn("nothing is exported: there is no destination");
    return NOTHING;
  }
  const exitTimeoutMs = durationOr(
    options.exitTimeout,
    DEFAULT_EXIT_TIMEOUT_MS,
    { least: 0, most: 60_000 },
    warn,
  );
  const metricIntervalMs = durationOr(
    options.metricInterval,
    DEFAULT_METRIC_INTERVAL_MS,
    { least: 1_000, most: 3_600_000 },
    warn,
  );
  const attributes = resourceAttributesOf(options, env);
  const loop = new LoopTurns();
  const link = new WorkerLink({
    destinations,
    resource: attributes,
    spoolDirectory: options.spool === false ? null : spoolDirectory(options.spool, env),
    loop: loop.shared,
    warn,
  });
  const outbox = new Outbox({ destinations, send: (signal, bodies) => link.send(signal, bodies) });
  const unregister = register(outbox, attributes, warn);
  const collector = new Collector(outbox);
  const timer = setInterval(() => collector.collect(), metricIntervalMs);
  timer.unref();
  const watcher = new Watcher(link, loop, outbox, collector);
  hub.watchers.add(watcher);
  const stop = watchProcessEnd({
    beforeExit: () => collector.collect(),
    finish: () => {
      warnings.isEnding = true;
      outbox.flush();
      link.finishNow(exitTimeoutMs);
    },
  });
  return {
    async flush() {
      await collector.collectNow();
      outbox.flush();
      await link.flush();
    },
    async shutdown() {
      await collector.collectNow();
      stop();
      clearInterval(timer);
      loop.stop();
      hub.watchers.delete(watcher);
      outbox.flush();
      link.finishNow(exitTimeoutMs);
      unregister();
      stopped();
    },
  };
}

/** Collects metrics, one collection at a time. Never rejects. */
class Collector {
  readonly #outbox: Outbox;
  #under: Promise<void> | null = null;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  collect(): void {
    void this.collectNow();
  }

  /** After the end of a run. */
  collectSoon(): void {
    const waitMs = this.#collectedAt + COLLECT_PAUSE_MS - performance.now();
    if (waitMs <= 0) {
      this.collect();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.collect();
    }, waitMs).unref();
  }

  async collectNow(): Promise<void> {
    await this.#under;
    this.#collectedAt = performance.now();
    this.#under = this.#outbox
      .collectMetrics()
      .catch((error: unknown) => warnOnce(`metrics could not be collected: ${String(error)}`));
    await this.#under;
    this.#under = null;
  }
}

class Watcher implements RunWatcher {
  readonly beats = true;
  readonly #link: WorkerLink;
  readonly #loop: LoopTurns;
  readonly #outbox: Outbox;
  readonly #collector: Collector;
  readonly #keys = new WeakMap<WatchedRun, number>();
  #nextKey = 1;

  constructor(link: WorkerLink, loop: LoopTurns, outbox: Outbox, collector: Collector) {
    this.#link = link;
    this.#loop = loop;
    this.#outbox = outbox;
    this.#collector = collector;
  }

  started(run: WatchedRun): void {
    const key = this.#nextKey++;
    this.#keys.set(run, key);
    this.#loop.start();
    const { runId, jobName, counts, heartbeatIntervalMs } = run;
    if (heartbeatIntervalMs !== null)
      this.#link.runStarted({
        key,
        runId,
        jobName,
        identity: run.identity(),
        intervalMs: heartbeatIntervalMs,
        counts,
      });
  }

  ended(run: WatchedRun): void {
    const key = this.#keys.get(run);
    if (key !== undefined) this.#link.runEnded(key);
    if (hub.open.size === 0) this.#loop.stop();
    this.#outbox.flush();
    this.#collector.collectSoon();
  }
}

/** Where the job has registered an OpenTelemetry SDK itself, that one stays. */
function register(
  outbox: Outbox,
  attributes: Record<string, unknown>,
  warn: (message: string) => void,
): () => void {
  const resource = resourceFromAttributes(attributes as Parameters<typeof resourceFromAttributes>[0]);
  const tracers = new TracerProvider({ resource, spanProcessors: [outbox.spanProcessor] });
  const meters = new MeterProvider({ resource, readers: [outbox.metricReader] });
  const loggers = new LoggerProvider({ resource, processors: [outbox.logProcessor] });
  const manager = new AsyncLocalStorageContextManager();
  if (context.setGlobalContextManager(manager.enable()) === false) manager.disable();
  const isOurs = {
    traces: trace.setGlobalTracerProvider(tracers),
    metrics: metrics.setGlobalMeterProvider(meters),
    logs: logs.setGlobalLoggerProvider(loggers),
  };
  const others = Object.entries(isOurs).flatMap(([signal, ours]) => (ours ? [] : [signal]));
  if (others.length > 0)
    warn(
      `another OpenTelemetry SDK is registered for ${others.join(", ")}: it exports these, and not as configured here`,
    );
  return () => {
    if (isOurs.traces) trace.disable();
    if (isOurs.metrics) metrics.disable();
    if (isOurs.logs) logs.disable();
    if (others.length === 0) context.disable();
  };
}

/** Warnings of Node.js are printed in a later turn; at the end of the process there is none, so then it prints itself. */
class Warnings {
  readonly #said = new Set<string>();
  readonly #given: ExportOptions["onWarning"];
  isEnding = false;

  constructor(given: ExportOptions["onWarning"]) {
    this.#given = given;
  }

  say(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    guarded("onWarning", () => this.#print(message), undefined);
  }

  #print(message: string): void {
    if (typeof this.#given === "function") this.#given(message);
    else if (this.isEnding) writeSync(2, `(node:${process.pid}) BatchwatchWarning: ${message}\n`);
    else process.emitWarning(message, "BatchwatchWarning");
  }
}
