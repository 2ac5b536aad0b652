/** Where the work of a compaction runs: on a thread that starts when there is much to do and ends soon after, or right here. */
import { Worker } from "node:worker_threads";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import {
  type CompactionResult,
  type CompactionTask,
  type RunBlock,
  runCompaction,
} from "./compaction-task.ts";
import type { FromCompactionWorker, ToCompactionWorker } from "./compaction-worker.ts";

export interface CompactionRunner {
  /** Hands over block by block; the next is worked on when `take` has resolved. */
  run(task: CompactionTask, take: (block: RunBlock) => Promise<void>): Promise<CompactionResult>;
  close(): Promise<void>;
}

const IDLE_MS = 5_000;

export class InThreadCompaction implements CompactionRunner {
  readonly #connection: SqliteConnection;
  readonly #metricOf: (id: number) => number;

  constructor(connection: SqliteConnection, metricOf: (id: number) => number) {
    this.#connection = connection;
    this.#metricOf = metricOf;
  }

  async run(task: CompactionTask, take: (block: RunBlock) => Promise<void>): Promise<CompactionResult> {
    const work = runCompaction(this.#connection, task, this.#metricOf);
    for (let next = work.next(); ; next = work.next()) {
      if (next.done === true) return next.value;
      await take(next.value);
    }
  }

  async close(): Promise<void> {}
}

export class ThreadedCompaction implements CompactionRunner {
  readonly #path: string;
  #worker: Worker | null = null;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  async run(task: CompactionTask, take: (block: RunBlock) => Promise<void>): Promise<CompactionResult> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#worker ??= new Worker(new URL("./compaction-worker.ts", import.meta.url), {
      workerData: { path: this.#path },
    });
    const worker = this.#worker;
    try {
      let answer = await ask(worker, { what: "run", task });
      while (answer.what === "block") {
        await take(answer.block);
        answer = await ask(worker, { what: "next" });
      }
      this.#idleTimer = setTimeout(() => void this.close(), IDLE_MS).unref();
      worker.unref();
      return answer.result;
    } catch (error) {
      // It may stand in the middle of the task.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function ask(worker: Worker, message: ToCompactionWorker): Promise<FromCompactionWorker> {
  worker.ref();
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
      act();
    };
    const onMessage = (answer: FromCompactionWorker): void => settle(() => resolve(answer));
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (): void => settle(() => reject(new Error("The thread that compacts samples has ended.")));
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
    worker.postMessage(message);
  });
}
