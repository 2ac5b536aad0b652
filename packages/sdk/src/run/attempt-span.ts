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
  run: { jobName: string; runId: string },
  attributes: Attributes,
  at: number,
  previous: SpanContext | null,
): OpenSpan {
  const { context: outer, apartFrom } = outerContext(run);
  const links = [previous, apartFrom]
    .filter((span) => span !== null)
    .filter(isSpanContextValid)
    .map((span) => ({ context: span }));
  return open(outer, SPAN_PREFIXES.job + run.jobName, { attributes, startTime: at, links });
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

/**
 * The active span, else that of the run around this one, else the one that the environment hands over. Inside another run of the
 * same job it is a trace of its own, with a link: a run's span inside a span of its own job is one more attempt of that run.
 */
function outerContext(run: { jobName: string; runId: string }): {
  context: Context;
  apartFrom: SpanContext | null;
} {
  const active = context.active();
  const scope = hub.scopes.getStore();
  if (scope !== undefined) {
    const inside = trace.getSpan(active) === undefined ? trace.setSpan(active, scope.span) : active;
    return isOther(run, scope.run) ? apart(inside) : { context: inside, apartFrom: null };
  }
  if (trace.getSpan(active) !== undefined) return { context: active, apartFrom: null };
  const carried = carriedRun(process.env);
  if (carried?.span == null) return { context: active, apartFrom: null };
  const inside = trace.setSpanContext(active, carried.span);
  return isOther(run, carried) ? apart(inside) : { context: inside, apartFrom: null };
}

function isOther(
  run: { jobName: string; runId: string },
  outer: { jobName: string | null; runId: string },
): boolean {
  return outer.jobName === run.jobName && outer.runId !== run.runId;
}

function apart(inside: Context): { context: Context; apartFrom: SpanContext | null } {
  return { context: trace.deleteSpan(inside), apartFrom: trace.getSpanContext(inside) ?? null };
}
