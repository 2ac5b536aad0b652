/**
 * The job's thread's end of the line to the sending thread. It keeps each body until it is acknowledged, so that a thread which dies
 * or hangs loses nothing: what is left is spooled from here.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Attributes } from "@opentelemetry/api";
import type { BeatenRun } from "./beats.ts";
import type { Destination, OtlpSignal } from "./export-options.ts";
import { OtlpSpool } from "./otlp-spool.ts";
import type { Bodies, FromWorker, ToWorker, WorkerInput } from "./worker-messages.ts";
import { WORKER_SOURCE } from "./worker-source.ts";

/** For the thread to write to the disk after its deadline. */
const GRACE_MS = 300;

export interface LinkParts {
  destinations: Destination[];
  resource: Attributes;
  spoolDirectory: string | null;
  loop: Float64Array<SharedArrayBuffer>;
  warn: (message: string) => void;
}

interface Kept {
  signal: OtlpSignal;
  bodies: Bodies;
}

export class WorkerLink {
  readonly #parts: LinkParts;
  readonly #finished = new Int32Array(new SharedArrayBuffer(4));
  readonly #kept = new Map<number, Kept>();
  readonly #waiting = new Set<() => void>();
  #worker: Worker | null = null;
  #port: MessagePort | null = null;
  #nextId = 1;
  #isFinished = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    try {
      this.#start();
    } catch (error) {
      this.#die(error);
    }
  }

  /** Takes a request; returns at once. */
  send(signal: OtlpSignal, bodies: Bodies): void {
    const id = this.#nextId++;
    const kept = { signal, bodies };
    if (this.#port === null || this.#isFinished) {
      this.#spool(kept);
      return;
    }
    this.#kept.set(id, kept);
    this.#port.postMessage({ kind: "send", id, signal, bodies } satisfies ToWorker);
  }

  runStarted(run: BeatenRun): void {
    this.#port?.postMessage({ kind: "run started", run } satisfies ToWorker);
  }

  runEnded(key: number): void {
    this.#port?.postMessage({ kind: "run ended", key } satisfies ToWorker);
  }

  /** Resolves when all that was sent so far is delivered or spooled. */
  async flush(): Promise<void> {
    const waitedFor = new Set(this.#kept.keys());
    const isDone = (): boolean => {
      for (const id of waitedFor) if (this.#kept.has(id)) return false;
      return true;
    };
    if (isDone()) return;
    // Somebody awaits it: this keeps the process alive as any work would.
    this.#port?.ref();
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isDone() && this.#port !== null) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
    if (this.#waiting.size === 0) this.#port?.unref();
  }

  /** Blocks this thread until everything is delivered or spooled: for the end of the process, where nothing else waits any more. */
  finishNow(timeoutMs: number): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    if (this.#port !== null) {
      this.#port.postMessage({ kind: "finish", timeoutMs } satisfies ToWorker);
      Atomics.wait(this.#finished, 0, 0, timeoutMs + GRACE_MS);
      for (;;) {
        const received = receiveMessageOnPort(this.#port);
        if (received === undefined) break;
        this.#receive(received.message as FromWorker);
      }
    }
    this.#spoolKept();
  }

  #start(): void {
    const { port1, port2 } = new MessageChannel();
    const { destinations, resource, spoolDirectory, loop } = this.#parts;
    const workerData: WorkerInput = {
      port: port2,
      destinations,
      resource,
      spoolDirectory,
      finished: this.#finished,
      loop,
    };
    const options = { workerData, transferList: [port2], name: "batchwatch-export", execArgv: [], env: {} };
    const worker =
      WORKER_SOURCE === null
        ? new Worker(new URL("./sender-worker.ts", import.meta.url), options)
        : new Worker(WORKER_SOURCE, { ...options, eval: true });
    worker.unref();
    worker.on("error", (error) => this.#die(error));
    port1.on("message", (message: FromWorker) => this.#receive(message));
    port1.unref();
    this.#worker = worker;
    this.#port = port1;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "acknowledged":
        this.#kept.delete(message.id);
        this.#look();
        return;
      case "warning":
        this.#parts.warn(message.text);
        return;
      case "finished":
        void this.#worker?.terminate();
    }
  }

  #die(error: unknown): void {
    this.#port = null;
    this.#parts.warn(`the sending thread ended (${String(error)}); what is to be sent is spooled`);
    this.#spoolKept();
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  #spoolKept(): void {
    for (const kept of this.#kept.values()) this.#spool(kept);
    this.#kept.clear();
  }

  #spool({ signal, bodies }: Kept): void {
    const { destinations, spoolDirectory, warn } = this.#parts;
    if (spoolDirectory === null) return;
    const spool = new OtlpSpool(spoolDirectory);
    for (const destination of destinations) {
      const body = bodies[destination.protocol];
      if (body === undefined || !destination.signals.includes(signal)) continue;
      try {
        spool.write({ signal, protocol: destination.protocol, body }, destination, Date.now());
      } catch (error) {
        warn(`what cannot be sent cannot be kept: ${String(error)}`);
      }
    }
  }
}
