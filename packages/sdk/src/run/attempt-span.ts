/** The span of one attempt, `batch_job.<job>`, and the spans inside it: where they hang, how they end. */
import { SPAN_PREFIXES } from "@batchwatch/protocol/names";
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { exceptionAttributes } from "../telemetry/run-attributes.ts";
import { SCOPE_NAME, SDK_VERSION } from "../version.ts";
import { carriedRun } from "./carried-run.ts";
import type { ToldError } from "./error-fact.ts";
import { hub } from "./hub.ts";

export interface OpenSpan {
  span: Span;
  /** With the span as the active one. */
  context: Context;
}

/**
 * @param previous of the attempt before this one: linked, since each attempt is a span of its own
 */
export function startAttemptSpan(
  jobName: string,
  attributes: Attributes,
  at: number,
  previous: SpanContext | null,
): OpenSpan {
  const links = previous !== null && isSpanContextValid(previous) ? [{ context: previous }] : [];
  const outer = outerContext();
  return open(outer, SPAN_PREFIXES.job + jobName, { attributes, startTime: at, links });
}

export function startStepSpan(
  stepName: string,
  attributes: Attributes,
  at: number,
  outer: Context,
): OpenSpan {
  return open(outer, SPAN_PREFIXES.step + stepName, { attributes, startTime: at });
}

/** How the work inside a span went. `told` alone: it failed. */
export function endSpan(
  span: Span,
  at: number,
  attributes: Attributes,
  told: ToldError | null,
  isGood: boolean,
): void {
  span.setAttributes(attributes);
  if (told !== null) {
    span.setAttribute("error.type", told.type);
    span.addEvent("exception", { ...exceptionAttributes(told), "exception.escaped": true }, at);
    span.setStatus({ code: SpanStatusCode.ERROR, message: told.message.slice(0, 1_000) });
  } else if (isGood) span.setStatus({ code: SpanStatusCode.OK });
  span.end(at);
}

function open(
  outer: Context,
  name: string,
  options: { attributes: Attributes; startTime: number; links?: { context: SpanContext }[] },
): OpenSpan {
  const span = trace.getTracer(SCOPE_NAME, SDK_VERSION).startSpan(name, options, outer);
  return { span, context: trace.setSpan(outer, span) };
}

/** The active span, else that of the run around this one, else the one that the environment hands over. */
function outerContext(): Context {
  const active = context.active();
  if (trace.getSpan(active) !== undefined) return active;
  const scope = hub.scopes.getStore();
  if (scope !== undefined) return trace.setSpan(active, scope.span);
  const carried = carriedRun(process.env)?.span ?? null;
  return carried === null ? active : trace.setSpanContext(active, carried);
}
