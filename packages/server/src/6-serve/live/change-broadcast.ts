/**
 * From the change feed to numbered messages for browsers. Receives every change of this process; hands on at most four
 * messages a second for each run, job and incident (the latest of them; none is lost for good), numbered, with the
 * last ones kept so that a reader who was away for a moment can go on where it was.
 */
import type { StreamMessage } from "@batchwatch/protocol";
import type { Change, ChangeFeed } from "../../lib/change-feed.ts";

/** One message a subject in each window: a fourth of a second, and a margin for the window's edges. */
export const WINDOW_MS = 300;
/** Messages that can be sent again after a short absence. */
const KEPT_MESSAGES = 1000;

/** A reader that was away for longer reads everything anew; with none, nothing is prepared for anybody. */
const AWAY_MS = 60_000;

export interface NumberedMessage {
  id: number;
  message: StreamMessage;
}

export class ChangeBroadcast {
  readonly #readers = new Set<(message: NumberedMessage) => void>();
  /** Subjects that had their message in this window. */
  readonly #sent = new Set<string>();
  /** The latest message of subjects that have to wait for the next window. */
  readonly #waiting = new Map<string, StreamMessage>();
  readonly #kept: NumberedMessage[] = [];
  readonly #unsubscribe: () => void;
  #lastId = 0;
  #lastReadAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(feed: ChangeFeed) {
    this.#unsubscribe = feed.subscribe((change) => this.#hear(change));
  }

  /** Answers the function that ends the reading. */
  read(reader: (message: NumberedMessage) => void): () => void {
    this.#readers.add(reader);
    return () => {
      this.#lastReadAt = performance.now();
      return this.#readers.delete(reader);
    };
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** All messages after an id, or null when they are not kept any more (or the id is none of ours). */
  since(id: number): readonly NumberedMessage[] | null {
    if (id > this.#lastId) return null;
    const first = this.#kept[0]?.id ?? this.#lastId + 1;
    return id + 1 < first ? null : this.#kept.filter((message) => message.id > id);
  }

  stop(): void {
    this.#unsubscribe();
    this.#readers.clear();
    this.#waiting.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #hear(change: Change): void {
    if (this.#readers.size === 0 && performance.now() - this.#lastReadAt > AWAY_MS) {
      // Who comes back now with an older number is told that it is not kept.
      this.#lastId += 1;
      this.#kept.length = 0;
      return;
    }
    const message = messageOf(change);
    if (message === null) return;
    const subject = subjectOf(message);
    if (this.#sent.has(subject)) {
      this.#waiting.set(subject, message);
      return;
    }
    this.#send(subject, message);
    this.#timer ??= setTimeout(() => this.#turnWindow(), WINDOW_MS).unref();
  }

  #turnWindow(): void {
    this.#sent.clear();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [subject, message] of waiting) this.#send(subject, message);
    this.#timer = waiting.length === 0 ? null : setTimeout(() => this.#turnWindow(), WINDOW_MS).unref();
  }

  #send(subject: string, message: StreamMessage): void {
    this.#sent.add(subject);
    this.#lastId += 1;
    const numbered = { id: this.#lastId, message };
    this.#kept.push(numbered);
    if (this.#kept.length > 2 * KEPT_MESSAGES) this.#kept.splice(0, KEPT_MESSAGES);
    for (const reader of this.#readers) reader(numbered);
  }
}

/** Null for what concerns the engines only. */
function messageOf(change: Change): StreamMessage | null {
  switch (change.topic) {
    case "run":
      return { topic: "run", ...keyOf(change), runId: change.runId, phase: change.phase };
    case "job":
      return { topic: "job", ...keyOf(change) };
    case "incident":
      return { topic: "incident", ...keyOf(change), incidentId: String(change.incidentId) };
    case "deadlines":
    case "deliveries":
      return null;
  }
}

function keyOf({ job }: { job: { namespace: string; environment: string; jobName: string } }) {
  return { namespace: job.namespace, environment: job.environment, jobName: job.jobName };
}

function subjectOf(message: StreamMessage): string {
  const { topic, namespace, environment, jobName, runId, incidentId } = message;
  return JSON.stringify([topic, namespace, environment, jobName, runId, incidentId]);
}
