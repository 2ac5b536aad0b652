/**
 * freshness_stale: the output of a job is older than its `freshness`, although its runs are green: none came, or they
 * wrote nothing, or say themselves that what they wrote is old. Judged live, at the time at which the output of the last
 * run that wrote any becomes too old.
 */
import { formatDuration } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import { outputAtOf } from "../../model/output-time.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { runName } from "./mending.ts";

export const freshnessStale: RunDetector = {
  type: "freshness_stale",
  examine,
  nextLook(context) {
    const limit = staleAtOf(context);
    return limit === null || context.now > limit ? null : { kind: "run_freshness", at: limit + 1 };
  },
  mends(context) {
    const { run, job, zone, now } = context;
    if (job.settings.freshnessMs === null) return "Its freshness is no longer limited.";
    const outputAt = outputAtOf(run);
    const limit = staleAtOf(context);
    if (outputAt === null || limit === null || now > limit) return null;
    return context.isOwn || context.isLater
      ? `The output was renewed by run ${runName(run)} at ${instantText(outputAt, zone)}.`
      : null;
  },
  anyRunMends: true,
};

function staleAtOf({ run, job }: Pick<RunContext, "run" | "job">): number | null {
  const { freshnessMs } = job.settings;
  const outputAt = freshnessMs === null ? null : outputAtOf(run);
  return outputAt === null || freshnessMs === null ? null : outputAt + freshnessMs;
}

function examine(context: RunContext): Finding | null {
  const { run, job, now, zone, laterOutput } = context;
  const { freshnessMs } = job.settings;
  const limit = staleAtOf(context);
  const outputAt = outputAtOf(run);
  if (limit === null || freshnessMs === null || outputAt === null || now <= limit) return null;
  // Not looked for while it is fresh; a newer output is judged with its own run.
  if (laterOutput === null || laterOutput.renewed) return null;
  const saidOld = run.completedAt !== null && run.completedAt > limit;
  const green = laterOutput.greenRuns;
  const although =
    green === 0
      ? ""
      : ` ${green === 1 ? "A later run" : `${green} later runs`} succeeded and wrote nothing newer.`;
  return {
    at: Math.max(limit, run.completedAt ?? limit),
    limitText: `at most ${formatDuration(freshnessMs)} old`,
    valueText: `${formatDuration(now - outputAt)} old`,
    explanation: saidOld
      ? `The run says that it succeeded, but its output is of ${instantText(outputAt, zone)}; at most ${formatDuration(freshnessMs)} of age is allowed.`
      : `The output is stale: it is of ${instantText(outputAt, zone)}, when run ${runName(run)} wrote it; at most ${formatDuration(freshnessMs)} of age is allowed.${although}`,
    byAbsence: !saidOld,
  };
}
