/**
 * How a span ended (SEMANTICS section 2): ERROR → failed; OK → success; UNSET with an exception → failed only if the exception
 * escaped: it says so, or it is the span's last event. A handled exception does not fail a run.
 */
import type { ErrorFact } from "@batchwatch/protocol";
import type { Span, SpanEvent } from "../wire/otlp-types.ts";
import { textAttribute } from "./origin.ts";
import { errorTypeOfWord } from "./outcome-words.ts";

export interface SpanEnding {
  failed: boolean;
  error: ErrorFact | undefined;
}

export function endingOf(span: Span): SpanEnding {
  const exception = span.events.findLast((event) => event.name === "exception");
  const failed = span.status.code === "error" || (span.status.code === "unset" && escaped(span, exception));
  return { failed, error: failed ? errorOf(span, exception) : undefined };
}

function escaped(span: Span, exception: SpanEvent | undefined): boolean {
  if (exception === undefined) return false;
  if (textAttribute(exception.attributes, "exception.escaped")?.toLowerCase() === "true") return true;
  return span.events.at(-1) === exception;
}

function errorOf(span: Span, exception: SpanEvent | undefined): ErrorFact | undefined {
  const status = span.status.message;
  const type =
    errorTypeOfWord(textAttribute(span.attributes, "error.type")) ??
    errorTypeOfWord(exception ? textAttribute(exception.attributes, "exception.type") : null) ??
    typePrefix(status);
  const message = (exception ? textAttribute(exception.attributes, "exception.message") : null) ?? status;
  const stack = exception ? textAttribute(exception.attributes, "exception.stacktrace") : null;
  if (type === null && message === "" && stack === null) return undefined;
  return {
    ...(type === null ? {} : { type: shortType(type) }),
    ...(message === "" ? {} : { message }),
    ...(stack === null ? {} : { stack }),
  };
}

/** "ConnectionError: connection lost" → "ConnectionError" (the SDKs' own form of a status message). */
export function typePrefix(message: string): string | null {
  return (
    /^([A-Za-z_][\w.$]*(?:Error|Exception|Exit|Interrupt|Timeout|Warning))\b\s*(?::|$)/.exec(message)?.[1] ??
    null
  );
}

/** A qualified name's last part, as the metrics' `error_type` has it: "builtins.ValueError" → "ValueError". */
function shortType(type: string): string {
  return /^[\w.$]+$/.test(type) ? (type.split(/[.$]/).at(-1) ?? type) : type;
}
