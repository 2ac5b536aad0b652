/**
 * One `POST /api/events`, by node:http alone (`fetch` costs 21 MiB). Never rejects: what came of it is a value, and says
 * whether the same events may be sent again.
 */
import type { IncomingMessage } from "node:http";
import {
  type EventsResponse,
  type EventWarning,
  type RejectedEvent,
  type RunEventInput,
  SENT_AT_HEADER,
} from "@batchwatch/protocol/run-event";
import { keyRefusal, withoutStop } from "./key-refusal.ts";
import type { ServerTarget } from "./server-target.ts";
import { unreachableText } from "./unreachable.ts";

export type PostOutcome =
  | { kind: "accepted"; rejected: RejectedEvent[]; warnings: EventWarning[] }
  | PostFailure;

export type PostFailure =
  /** The server will never take this body. */
  | { kind: "refused"; message: string }
  /** Nothing is wrong with the events, but with the address or the key: a retry helps once that is mended. */
  | { kind: "misdirected"; message: string; needsKey: boolean }
  /** A later retry may help. */
  | { kind: "unavailable"; message: string; retryAfterMs: number | null };

export interface PostOptions {
  timeoutMs: number;
  /** Ends the attempt early; the outcome is then `unavailable`. */
  signal?: AbortSignal;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

export async function postEvents(
  target: ServerTarget,
  events: readonly RunEventInput[],
  options: PostOptions,
): Promise<PostOutcome> {
  const { promise, resolve } = Promise.withResolvers<PostOutcome>();
  const unavailable = (message: string): void =>
    resolve({ kind: "unavailable", message, retryAfterMs: null });
  const url = new URL(`${target.url}/api/events`);
  const http = process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http");
  const body = Buffer.from(JSON.stringify(events));
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": body.length,
    "user-agent": "batchwatch-cli",
    [SENT_AT_HEADER]: Date.now(),
  };
  if (target.apiKey !== null) headers.authorization = `Bearer ${target.apiKey}`;
  // An agent of its own: no kept-alive socket that the server may have closed meanwhile.
  const request = http.request(url, { method: "POST", headers, agent: false });
  const timer = setTimeout(() => {
    unavailable(`${target.url} did not answer within ${options.timeoutMs} ms`);
    request.destroy();
  }, options.timeoutMs);
  const abort = (): void => {
    unavailable(`${target.url} had not answered yet`);
    request.destroy();
  };
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener("abort", abort);
  request.on("error", (error: NodeJS.ErrnoException) =>
    unavailable(unreachableText(target.url, error.code ?? error.message)),
  );
  request.on("response", (response) => {
    readAnswer(response).then(
      (text) => resolve(outcomeOf(target, response, text, events.length)),
      () => unavailable(`${target.url} broke off its answer`),
    );
  });
  request.end(body);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", abort);
  }
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
    else response.destroy(new Error("the answer is too long"));
  });
  response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  response.on("error", reject);
  response.on("close", () => reject(new Error("broken off")));
  return await promise;
}

function outcomeOf(target: ServerTarget, response: IncomingMessage, text: string, sent: number): PostOutcome {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) {
    const answer = readEventsResponse(text, sent);
    if (answer !== null) {
      const { rejected, warnings = [] } = answer;
      return { kind: "accepted", rejected, warnings };
    }
    const message = `${target.url} answered ${status}, but not as Batchwatch does; check --url`;
    return { kind: "misdirected", message, needsKey: false };
  }
  const problem = parseObject(text);
  const detail = detailOf(response, problem);
  const aboutKey = keyRefusal({ status, code: problem?.code, detail }, target.apiKey !== null);
  const said = aboutKey ?? detail;
  const message = `${target.url} answered ${status}${said === null ? "" : `: ${withoutStop(said)}`}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const seconds = Number(response.headers["retry-after"]);
    const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
    return { kind: "unavailable", message, retryAfterMs };
  }
  if (status === 400 || status === 413 || status === 415 || status === 422)
    return { kind: "refused", message };
  return { kind: "misdirected", message, needsKey: aboutKey !== null || problem?.code === "forbidden" };
}

function readEventsResponse(text: string, sent: number): EventsResponse | null {
  const answer = parseObject(text);
  if (answer === null || typeof answer.accepted !== "number") return null;
  const rejected = Array.isArray(answer.rejected) ? answer.rejected : [];
  const warnings = Array.isArray(answer.warnings) ? answer.warnings : [];
  const isOfOurs = (item: { index?: unknown } | null): boolean =>
    Number.isInteger(item?.index) && Number(item?.index) >= 0 && Number(item?.index) < sent;
  return {
    accepted: answer.accepted,
    rejected: rejected.filter((item): item is RejectedEvent => isOfOurs(item)),
    warnings: warnings.filter(
      (item): item is EventWarning =>
        isOfOurs(item) && typeof item.field === "string" && typeof item.message === "string",
    ),
  };
}

/** The reason in the words of the server's problem details (RFC 9457), else where it sent us instead. */
function detailOf(response: IncomingMessage, problem: Record<string, unknown> | null): string | null {
  const detail = problem?.detail ?? problem?.title;
  if (typeof detail === "string") return detail.slice(0, 500);
  const { location } = response.headers;
  return location === undefined ? null : `it has moved to ${location}; check --url`;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
