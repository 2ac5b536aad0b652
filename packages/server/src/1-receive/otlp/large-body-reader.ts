/**
 * Large requests are read in a worker thread, one after the other, and come back slice by slice: decoding 64 MiB takes seconds,
 * in which heartbeats and pings must still be answered. The worker is started when it is needed and ends when it is not.
 */
import { Worker } from "node:worker_threads";
import { HttpProblem } from "../../lib/http-problem.ts";
import { Mutex } from "../../lib/mutex.ts";
import { type IntakeBatch, IntakeOverloadedError } from "../../model/intake.ts";
import type { OtlpRequest, ReadRequest } from "./read-request.ts";
import type { FromWorker, ToWorker } from "./read-worker.ts";
import { OtlpDecodeError } from "./wire/decode-error.ts";

/** What may wait for the worker: beyond it clients come again later. */
const MOST_WAITING_BYTES = 128 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 5;
const IDLE_MS = 30_000;

export class LargeBodyReader {
  readonly #oneAtATime = new Mutex();
  #worker: Worker | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #waitingBytes = 0;

  /**
   * @param take each slice, awaited before the next is asked for
   * @throws OtlpDecodeError, IntakeOverloadedError, HttpProblem 413 where its objects do not fit in memory, what `take` throws
   */
  async read(
    request: OtlpRequest,
    take: (slice: IntakeBatch) => Promise<void>,
  ): Promise<Omit<ReadRequest, "slices">> {
    const { length } = request.body;
    if (this.#waitingBytes > 0 && this.#waitingBytes + length > MOST_WAITING_BYTES)
      throw new IntakeOverloadedError(RETRY_AFTER_SECONDS);
    this.#waitingBytes += length;
    try {
      return await this.#oneAtATime.run(() => this.#readNow(request, take));
    } finally {
      this.#waitingBytes -= length;
    }
  }

  async #readNow(
    request: OtlpRequest,
    take: (slice: IntakeBatch) => Promise<void>,
  ): Promise<Omit<ReadRequest, "slices">> {
    const worker = this.#start();
    try {
      let answer = await ask(worker, { what: "read", request });
      while (answer.what === "slice") {
        await take(answer.slice);
        answer = await ask(worker, { what: "next" });
      }
      if (answer.what === "end") return answer.result;
      const { code, fieldPath, problem } = answer.error;
      throw new OtlpDecodeError(code, fieldPath, problem);
    } catch (error) {
      // It may hold slices of this request still.
      if (!(error instanceof OtlpDecodeError)) this.#discard();
      throw error;
    } finally {
      this.#endWhenIdle();
    }
  }

  #start(): Worker {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#worker ??= new Worker(new URL("./read-worker.ts", import.meta.url));
    return this.#worker;
  }

  #endWhenIdle(): void {
    this.#idleTimer = setTimeout(() => this.#discard(), IDLE_MS).unref();
    this.#worker?.unref();
  }

  #discard(): void {
    void this.#worker?.terminate();
    this.#worker = null;
  }
}

function ask(worker: Worker, message: ToWorker): Promise<FromWorker> {
  worker.ref();
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
      act();
    };
    const onMessage = (answer: FromWorker): void => settle(() => resolve(answer));
    const onError = (error: unknown): void => settle(() => reject(failureOfWorker(error)));
    const onExit = (): void =>
      settle(() => reject(new Error("The worker that reads large requests has ended.")));
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
    worker.postMessage(message);
  });
}

function failureOfWorker(error: unknown): unknown {
  const isOutOfMemory =
    error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  if (!isOutOfMemory) return error;
  return new HttpProblem(
    413,
    "too_many_items",
    "The request holds too much",
    "The request body holds more than fits into memory once it is read. Send smaller batches.",
  );
}
