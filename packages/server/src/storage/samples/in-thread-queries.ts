/** Answers questions on the asking thread, over the connection that writes: for a store in memory, which no thread can open. */
import { QueryError } from "@batchwatch/promql";
import type { Mutex } from "../../lib/mutex.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { type Answer, answerQuestion, type Question } from "./answer-question.ts";
import { SampleReader } from "./sample-reader.ts";

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the asking, waiting included. Default 2 min. */
  readonly timeoutMs?: number | undefined;
}

export interface QueryAsking {
  readonly running: number;
  readonly waiting: number;
  /** @throws QueryError, StorageError */
  ask(question: Question, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 120_000;

export class InThreadQueries implements QueryAsking {
  readonly running = 0;
  readonly waiting = 0;
  readonly #reader: SampleReader;
  readonly #mutex: Mutex;

  constructor(connection: SqliteConnection, mutex: Mutex) {
    this.#reader = new SampleReader(connection);
    this.#mutex = mutex;
  }

  ask(question: Question, { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: AskOptions = {}): Promise<Answer> {
    const endsAt = performance.now() + timeoutMs;
    return this.#mutex.run(() =>
      answerQuestion(this.#reader, question, () => {
        if (signal?.aborted) throw new QueryError("canceled", "query was canceled");
        if (performance.now() > endsAt) throw new QueryError("timeout", "query timed out in query execution");
      }),
    );
  }

  async close(): Promise<void> {}
}
