/**
 * A run carried into another process or thread by its environment: `BATCHWATCH_RUN`, `BATCHWATCH_JOB` and `TRACEPARENT`
 * (W3C Trace Context). `batchwatch exec` hands its run over so, and `run.environment()` ours.
 */
import { RUN_ENVIRONMENT } from "@batchwatch/protocol/names";
import { isSpanContextValid, type SpanContext, TraceFlags } from "@opentelemetry/api";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Set beside the others by this package: who has such a run in its environment is inside it, not the same run once more. */
const OWNER = "BATCHWATCH_RUN_OWNER";

export interface CarriedRun {
  runId: string;
  jobName: string | null;
  span: SpanContext | null;
  /** False: `exec` wraps this process; a run of the same job is the same run. */
  isInside: boolean;
}

export function carriedRun(environment: Environment): CarriedRun | null {
  const runId = environment[RUN_ENVIRONMENT.run];
  if (runId === undefined || runId === "") return null;
  return {
    runId,
    jobName: environment[RUN_ENVIRONMENT.job] ?? null,
    span: spanOf(environment[RUN_ENVIRONMENT.traceparent]),
    isInside: environment[OWNER] === "sdk",
  };
}

export function runEnvironment(
  run: { runId: string; jobName: string },
  span: SpanContext,
): Record<string, string> {
  return {
    [RUN_ENVIRONMENT.run]: run.runId,
    [RUN_ENVIRONMENT.job]: run.jobName,
    [OWNER]: "sdk",
    ...(isSpanContextValid(span) && { [RUN_ENVIRONMENT.traceparent]: traceparent(span) }),
  };
}

/** null: none, or not valid. */
function spanOf(text: string | undefined): SpanContext | null {
  const [, traceId = "", spanId = "", flags = ""] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? "") ?? [];
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags || "0", 16), isRemote: true };
  return isSpanContextValid(span) ? span : null;
}

function traceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? "00" : "01"}`;
}
