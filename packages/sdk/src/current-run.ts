/** The run around the caller, for code that was not handed it. */
import { isSpanContextValid, trace } from "@opentelemetry/api";
import { hub } from "./run/hub.ts";

/** Names of the fields are those that Batchwatch joins logs by. */
export interface RunLogFields {
  job_id: string;
  job_name: string;
  trace_id?: string;
  span_id?: string;
}

/**
 * Fields for a log line written inside a run: its id, its job's name, trace and span. Empty outside any run. With pino:
 * `pino({ mixin: runLogFields })`.
 */
export function runLogFields(): RunLogFields | Record<string, never> {
  const scope = hub.scopes.getStore();
  if (scope === undefined) return {};
  const span = (trace.getActiveSpan() ?? scope.span).spanContext();
  return {
    job_id: scope.run.runId,
    job_name: scope.run.jobName,
    ...(isSpanContextValid(span) && { trace_id: span.traceId, span_id: span.spanId }),
  };
}
