/** Whatever a job throws, as type, message and stack. Anything can be thrown: text, undefined, an object without a prototype. */
import { cleanText, cutText } from "@batchwatch/protocol/cut-text";
import type { ErrorFact } from "@batchwatch/protocol/run-event";
import { plainText } from "./plain-values.ts";

const MAX_TYPE = 120;
const MAX_MESSAGE_BYTES = 8_192;
const MAX_STACK_BYTES = 32_768;

export interface ToldError extends ErrorFact {
  type: string;
  message: string;
}

export function errorFactOf(thrown: unknown): ToldError {
  try {
    return told(thrown);
  } catch {
    return { type: "UnreadableError", message: "an error that cannot be read was thrown" };
  }
}

function told(thrown: unknown): ToldError {
  if (thrown instanceof Error || isErrorLike(thrown)) {
    const { name, message, stack } = thrown;
    const withCause = thrown.cause === undefined ? "" : ` (cause: ${causeText(thrown.cause)})`;
    return {
      type: typeText(typeof name === "string" && name !== "" ? name : "Error"),
      message: cutText(cleanText(`${plainText(message)}${withCause}`), MAX_MESSAGE_BYTES).text,
      ...(typeof stack === "string" && { stack: cutText(cleanText(stack), MAX_STACK_BYTES).text }),
    };
  }
  const type = thrown === null ? "null" : typeof thrown;
  const message = thrown === undefined ? "undefined was thrown" : plainText(thrown);
  return { type, message: cutText(cleanText(message), MAX_MESSAGE_BYTES).text };
}

/** Of another realm (vm, a worker) or another library: no Error of ours, but one by its shape. */
function isErrorLike(
  value: unknown,
): value is { name?: unknown; message: unknown; stack?: unknown; cause?: unknown } {
  return typeof value === "object" && value !== null && "message" in value && "stack" in value;
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : plainText(cause);
}

function typeText(name: string): string {
  return cleanText(name).slice(0, MAX_TYPE);
}
