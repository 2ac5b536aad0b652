/** A thread that answers questions to the metric store, one at a time, over its own read-only connection. */
import { parentPort, workerData } from "node:worker_threads";
import { QueryError } from "@batchwatch/promql";
import { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import {
  type Answer,
  answerQuestion,
  handedOver,
  type Question,
  type Refusal,
  refusalOf,
} from "./answer-question.ts";
import { SampleReader } from "./sample-reader.ts";

export interface QueryWorkerData {
  path: string;
  cacheBytes: number;
}

export interface ToQueryWorker {
  question: Question;
  /** What is left of the asker's time. */
  timeoutMs: number;
  /** One Int32: not 0 once the asker is gone. */
  cancelled: SharedArrayBuffer;
}

export type FromQueryWorker = { answer: Answer } | { refusal: Refusal };

const { path, cacheBytes } = workerData as QueryWorkerData;
let reader: SampleReader | null = null;

parentPort?.on("message", ({ question, timeoutMs, cancelled }: ToQueryWorker) => {
  const flag = new Int32Array(cancelled);
  const endsAt = performance.now() + timeoutMs;
  const checkpoint = (): void => {
    if (Atomics.load(flag, 0) !== 0) throw new QueryError("canceled", "query was canceled");
    if (performance.now() > endsAt) throw new QueryError("timeout", "query timed out in query execution");
  };
  try {
    reader ??= new SampleReader(new SqliteConnection(path, "read"), { cacheBytes });
    const answer = answerQuestion(reader, question, checkpoint);
    parentPort?.postMessage({ answer } satisfies FromQueryWorker, handedOver(answer));
  } catch (error) {
    parentPort?.postMessage({ refusal: refusalOf(error) } satisfies FromQueryWorker);
  }
});
