/**
 * One POST of JSON to a receiver, told as a SendOutcome. Redirects are not followed (an alert must not go where nobody
 * configured it to go), the answer's body is read up to a limit, and what a status means is decided here for all channels:
 * 2xx delivered; 408, 429 and 5xx retried (Retry-After honoured); everything else refused and parked.
 */
import type { SendOutcome } from "./channel.ts";

/** Enough of a refusal's body to see why. */
const ANSWER_LIMIT_BYTES = 2048;
/** A receiver may ask for a wait, but not for ever. */
const RETRY_AFTER_LIMIT_MS = 60 * 60 * 1000;

export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SendOutcome> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "Batchwatch", ...headers },
      body: JSON.stringify(body),
      redirect: "manual",
      signal,
    });
  } catch (error) {
    return { kind: "retry", status: null, error: networkError(error, signal), retryAfterMs: null };
  }
  const { status } = response;
  const answer = await readBounded(response);
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  if (status >= 300 && status < 400)
    return {
      kind: "refused",
      status,
      error: `it redirects to ${response.headers.get("location") ?? "?"}; put the final address into the receiver's url`,
    };
  const error = answer === "" ? `it answered ${status}` : `it answered ${status}: ${answer}`;
  if (status === 408 || status === 429 || status >= 500)
    return { kind: "retry", status, error, retryAfterMs: retryAfterMs(response.headers.get("retry-after")) };
  return { kind: "refused", status, error };
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= ANSWER_LIMIT_BYTES) break;
    }
  } catch {
    // The status line is the answer; a body that breaks off changes nothing.
  }
  return text.slice(0, ANSWER_LIMIT_BYTES).trim();
}

function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), RETRY_AFTER_LIMIT_MS) : null;
}

function networkError(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "no answer in time";
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return cause === "" ? error.message : cause;
}
