/**
 * One HTTP request to a receiver and what its answer means, for all channels: 2xx delivered; 408, 425, 429 and 5xx retried
 * (Retry-After honoured); everything else refused and parked. Redirects are not followed: an alert must not go where
 * nobody configured it to go. Of an answer's body a limited part is read, for a limited time.
 */
import type { SendOutcome } from "./channel.ts";

export interface ExchangeRequest {
  url: string;
  method?: "POST" | "PUT" | "PATCH" | "GET";
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

export interface Exchange {
  outcome: SendOutcome;
  /** The beginning of the answer's body. */
  text: string;
}

/** Some services repeat the whole message in their answer. */
const ANSWER_LIMIT_CHARS = 256 * 1024;
/** The status line is the answer; a body that does not come changes nothing. */
const BODY_WAIT_MS = 3_000;
/** Enough of a refusal to see why. */
const SHOWN_CHARS = 300;
/** A receiver may ask for a wait, but not for ever. */
const RETRY_AFTER_LIMIT_MS = 60 * 60 * 1000;

export async function exchange(request: ExchangeRequest): Promise<Exchange> {
  const { url, method = "POST", body, headers = {}, signal } = request;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        "user-agent": "Batchwatch",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      redirect: "manual",
      signal,
    });
  } catch (error) {
    return {
      outcome: { kind: "retry", status: null, error: networkError(error, signal), retryAfterMs: null },
      text: "",
    };
  }
  const text = await readBounded(response);
  return { outcome: outcomeOf(response, url, text), text };
}

/** Where only the outcome counts. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SendOutcome> {
  return (await exchange({ url, body, headers, signal })).outcome;
}

/** The answer as an object; null where it is none. */
export function jsonAnswer(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** What somebody else wrote, fit for one line of ours. */
export function shownAnswer(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length <= SHOWN_CHARS ? line : `${line.slice(0, SHOWN_CHARS - 1).toWellFormed()}…`;
}

function outcomeOf(response: Response, url: string, text: string): SendOutcome {
  const { status } = response;
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  if (status >= 300 && status < 400) return { kind: "refused", status, error: redirectText(response, url) };
  const shown = shownAnswer(text);
  const error = shown === "" ? `it answered ${status}` : `it answered ${status}: ${shown}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { kind: "retry", status, error, retryAfterMs: retryAfterMs(response.headers.get("retry-after")) };
  return { kind: "refused", status, error };
}

/** Without path and query, which can hold secrets. */
function redirectText(response: Response, url: string): string {
  const location = response.headers.get("location") ?? "";
  const target = URL.canParse(location, url) ? new URL(location, url) : null;
  const where =
    target === null ? "elsewhere" : target.origin === new URL(url).origin ? "another path" : target.origin;
  return `it redirects to ${where}, which is not followed; configure the final address`;
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const cancel = (): void => {
    reader.cancel().catch(() => {});
  };
  const giveUp = setTimeout(cancel, BODY_WAIT_MS);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      if (text.length >= ANSWER_LIMIT_CHARS) break;
    }
  } catch {
    // What was read until then is enough.
  }
  clearTimeout(giveUp);
  cancel();
  return text.slice(0, ANSWER_LIMIT_CHARS);
}

function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(waitMs) ? boundedWait(waitMs) : null;
}

/** What a receiver asked for, within reason. */
export function boundedWait(waitMs: number): number {
  return Math.min(Math.max(waitMs, 0), RETRY_AFTER_LIMIT_MS);
}

function networkError(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "no answer in time";
  if (!(error instanceof Error)) return String(error);
  // fetch says only "fetch failed"; the reason is its cause, and of several addresses the first one's.
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  if (!(cause instanceof Error)) return error.message;
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  return TLS_CODES.test(code) ? `its certificate is not trusted: ${cause.message}` : cause.message || code;
}

const TLS_CODES = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|DEPTH_ZERO/;
