/** run_failed: the run has failed, finally: its source says so, its attempts are exhausted, or the grace for a retry has passed. */
import { failureText, formatDuration } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { Run } from "../../model/run.ts";
import { LOST_MESSAGE } from "../runs/own-events.ts";
import type { Finding, NextLook, RunContext, RunDetector } from "./detector.ts";
import { whenRunSucceeds } from "./mending.ts";

/** The ledger leaves a failure open only where a retry may come; this long it waits for the next attempt. */
const DEFAULT_RETRY_GRACE_MS = 600_000;
/** A start that was heard of late: its end may be on its way as well, since a spool is sent event by event. */
const LATE_END_GRACE_MS = 60_000;

export const runFailed: RunDetector = {
  type: "run_failed",
  examine(context) {
    const { run } = context;
    if (run.phase === "failed" && run.final) return failure(context, failedText(context));
    if (run.phase === "dead_letter") return failure(context, failedText(context));
    // Lost in silence is heartbeat_missing's; lost for another reason (the next run began) is a failure of its own.
    const silenceIsKnown = context.open.some(
      (judgement) => judgement.type === "heartbeat_missing" && judgement.runRowId === run.id,
    );
    const endMayCome = context.now < (lateEndGraceEndsAt(context) ?? 0);
    if (run.phase === "lost" && !silenceIsKnown && !wasLostInSilence(run) && !endMayCome)
      return failure(
        context,
        `The run never ended: ${run.errorMessage ?? "another run of the job began while it was still open"}.`,
      );
    return null;
  },
  nextLook: retryGraceLook,
  mends: whenRunSucceeds,
};

/** By our clock, when a failed attempt without a further one is the failure of the run; null when it isn't waiting for that. */
export function retryGraceEndsAt(context: Pick<RunContext, "run" | "job">): number | null {
  const { run } = context;
  const waits = (run.phase === "failed" && !run.final) || run.phase === "retrying";
  if (!waits) return null;
  const failedAt = run.attempts.at(-1)?.endedAt ?? run.completedAt ?? run.lastEventAt;
  return failedAt + run.liveOffsetMs + (context.job.settings.retryGraceMs ?? DEFAULT_RETRY_GRACE_MS);
}

/** By our clock; null where the run was heard of before the next one began and ended it as lost. */
export function lateEndGraceEndsAt({ run }: Pick<RunContext, "run">): number | null {
  if (run.phase !== "lost" || wasLostInSilence(run)) return null;
  return saidByUsAt(run) > run.firstReceivedAt ? null : run.firstReceivedAt + LATE_END_GRACE_MS;
}

function saidByUsAt(run: Run): number {
  return run.witnesses.find((witness) => witness.kind === "batchwatch")?.lastAt ?? 0;
}

function retryGraceLook(context: RunContext): NextLook | null {
  const at = retryGraceEndsAt(context);
  return at === null || at <= context.now ? null : { kind: "run_retry_grace", at };
}

/** Our own `lost` after silence says so in its message; heartbeat_missing tells of it already. */
function wasLostInSilence(run: Run): boolean {
  return run.errorMessage?.startsWith(LOST_MESSAGE) ?? false;
}

function failure(context: RunContext, explanation: string): Finding {
  const { run } = context;
  // A failure that only the grace made final became one at the end of the grace, when we said so.
  const at = Math.max(run.completedAt ?? run.lastEventAt, saidByUsAt(run));
  return { at, limitText: null, valueText: failureText(run), explanation, byAbsence: false };
}

function failedText(context: RunContext): string {
  const { run, zone } = context;
  const when = run.completedAt === null ? "" : ` at ${instantText(run.completedAt, zone)}`;
  const after = run.durationMs === null ? "" : ` after ${formatDuration(run.durationMs)}`;
  const tries = run.attempts.length > 1 ? `, in attempt ${run.attempts.length}` : "";
  const error = failureText(run);
  return `The run failed${when}${after}${tries}${error === null ? "." : `: ${error}`}`;
}
