/** run_failed: the run has failed, finally: its source says so, its attempts are exhausted, or the grace for a retry has passed. */
import { failureText, formatDuration } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { Run } from "../../model/run.ts";
import { LOST_MESSAGE } from "../runs/own-events.ts";
import type { Finding, NextLook, RunContext, RunDetector } from "./detector.ts";
import { whenRunSucceeds } from "./mending.ts";

/** The ledger leaves a failure open only where a retry may come; this long it waits for the next attempt. */
const DEFAULT_RETRY_GRACE_MS = 600_000;

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
    if (run.phase === "lost" && !silenceIsKnown && !wasLostInSilence(run))
      return failure(
        context,
        `The run never ended: ${run.errorMessage ?? "another run of the job began while it was still open"}.`,
      );
    return null;
  },
  nextLook: retryGraceLook,
  mends: whenRunSucceeds,
};

/** When a failed attempt without a further one becomes the failure of the run; null when it isn't waiting for that. */
export function retryGraceEndsAt(context: Pick<RunContext, "run" | "job">): number | null {
  const { run } = context;
  const waits = (run.phase === "failed" && !run.final) || run.phase === "retrying";
  if (!waits) return null;
  const failedAt = run.attempts.at(-1)?.endedAt ?? run.completedAt ?? run.lastEventAt;
  return failedAt + (context.job.settings.retryGraceMs ?? DEFAULT_RETRY_GRACE_MS);
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
  const saidByUsAt = run.witnesses.find((witness) => witness.kind === "batchwatch")?.lastAt ?? 0;
  const at = Math.max(run.completedAt ?? run.lastEventAt, saidByUsAt);
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
