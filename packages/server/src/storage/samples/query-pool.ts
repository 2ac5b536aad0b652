/**
 * Threads that answer queries: started when they are needed, ended when they are not, so many at a time, the rest waits
 * its turn. What is asked first is answered by the first thread that is free, the lowest before others: its caches are warm.
 */
import { Worker } from "node:worker_threads";
import { QueryError } from "@batchwatch/promql";
import { type Answer, errorOf, type Question } from "./answer-question.ts";
import type { AskOptions, QueryAsking } from "./in-thread-queries.ts";
import type { FromQueryWorker, QueryWorkerData, ToQueryWorker } from "./query-worker.ts";

export interface QueryPoolOptions {
  /** Queries at a time, each on a thread. Default 2. */
  readonly threads?: number;
  /** Queries that may wait; more are refused. Default 200. */
  readonly maxWaiting?: number;
  /** A thread without work for so long ends. Default 60 s. */
  readonly idleMs?: number;
  /** Bytes of blocks that each thread keeps. Default 64 MiB. */
  readonly cacheBytes?: number;
}

interface Asked {
  question: Question;
  endsAt: number;
  cancelled: SharedArrayBuffer;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

interface Thread {
  worker: Worker | null;
  asked: Asked | null;
  idleTimer: NodeJS.Timeout | null;
}

const DEFAULT_TIMEOUT_MS = 120_000;

export class QueryPool implements QueryAsking {
  readonly #path: string;
  readonly #options: Required<QueryPoolOptions>;
  readonly #threads: Thread[];
  #waiting: Asked[] = [];
  #isClosed = false;

  constructor(path: string, options: QueryPoolOptions = {}) {
    this.#path = path;
    this.#options = { threads: 2, maxWaiting: 200, idleMs: 60_000, cacheBytes: 64 * 1024 * 1024, ...options };
    this.#threads = Array.from({ length: this.#options.threads }, () => ({
      worker: null,
      asked: null,
      idleTimer: null,
    }));
  }

  get running(): number {
    return this.#threads.filter(({ asked }) => asked !== null).length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws QueryError, StorageError */
  ask(question: Question, { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: AskOptions = {}): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new QueryError("canceled", "the metric store is closed"));
    if (signal?.aborted) return Promise.reject(cancelled());
    if (this.#waiting.length >= this.#options.maxWaiting)
      return Promise.reject(
        new QueryError("timeout", `${this.#waiting.length} queries wait already; try again in a moment`),
      );
    return new Promise((resolve, reject) => {
      const asked: Asked = {
        question,
        endsAt: performance.now() + timeoutMs,
        cancelled: new SharedArrayBuffer(4),
        resolve: settle(resolve),
        reject: settle(reject),
      };
      // The thread looks at its clock only now and then; the asker gets his answer in time whatever it does.
      const timer = setTimeout(() => give(new QueryError("timeout", "query timed out")), timeoutMs);
      const abort = (): void => give(cancelled());
      const give = (error: QueryError): void => {
        Atomics.store(new Int32Array(asked.cancelled), 0, 1);
        this.#waiting = this.#waiting.filter((other) => other !== asked);
        asked.reject(error);
      };
      function settle<T>(act: (value: T) => void): (value: T) => void {
        return (value) => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          act(value);
        };
      }
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(asked);
      this.#assign();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const gone = new QueryError("canceled", "the metric store is closed");
    for (const asked of this.#waiting.splice(0)) asked.reject(gone);
    await Promise.all(
      this.#threads.map(async (thread) => {
        const { worker, asked } = thread;
        this.#release(thread);
        asked?.reject(gone);
        await worker?.terminate();
      }),
    );
  }

  #assign(): void {
    for (const thread of this.#threads) {
      if (thread.asked !== null) continue;
      const asked = this.#waiting.shift();
      if (asked === undefined) return;
      this.#give(thread, asked);
    }
  }

  #give(thread: Thread, asked: Asked): void {
    if (thread.idleTimer !== null) clearTimeout(thread.idleTimer);
    thread.asked = asked;
    thread.worker ??= this.#start(thread);
    thread.worker.ref();
    const message: ToQueryWorker = {
      question: asked.question,
      timeoutMs: Math.max(0, asked.endsAt - performance.now()),
      cancelled: asked.cancelled,
    };
    thread.worker.postMessage(message);
  }

  #start(thread: Thread): Worker {
    const data: QueryWorkerData = { path: this.#path, cacheBytes: this.#options.cacheBytes };
    const worker = new Worker(new URL("./query-worker.ts", import.meta.url), { workerData: data });
    worker.on("message", (message: FromQueryWorker) => {
      const { asked } = thread;
      thread.asked = null;
      if ("answer" in message) asked?.resolve(message.answer);
      else asked?.reject(errorOf(message.refusal));
      this.#assign();
      if (thread.asked === null) this.#endWhenIdle(thread);
    });
    const lost = (error: unknown): void => {
      if (thread.worker !== worker) return;
      const { asked } = thread;
      this.#release(thread);
      asked?.reject(error);
      if (!this.#isClosed) this.#assign();
    };
    worker.on("error", (error) => lost(failureOf(error)));
    worker.on("exit", () => lost(new Error("The thread that answers queries has ended.")));
    return worker;
  }

  #endWhenIdle(thread: Thread): void {
    thread.worker?.unref();
    thread.idleTimer = setTimeout(() => {
      const { worker } = thread;
      this.#release(thread);
      void worker?.terminate();
    }, this.#options.idleMs).unref();
  }

  #release(thread: Thread): void {
    if (thread.idleTimer !== null) clearTimeout(thread.idleTimer);
    thread.idleTimer = null;
    thread.worker = null;
    thread.asked = null;
  }
}

function cancelled(): QueryError {
  return new QueryError("canceled", "query was canceled");
}

function failureOf(error: unknown): unknown {
  const isOutOfMemory =
    error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isOutOfMemory
    ? new QueryError(
        "execution",
        "the query needs more memory than there is; ask for less time or fewer series",
      )
    : error;
}
