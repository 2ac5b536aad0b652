/** ran_too_often: more runs started within a stretch of time than max_runs allows. Judged at each start; backfills don't count. */
import { formatDuration } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

export const ranTooOften: RunDetector = {
  type: "ran_too_often",
  examine,
  mends: (context) => whenInsideLimits(context, examine, tells),
};

function tells({ startsInWindow, job }: RunContext): boolean {
  return startsInWindow !== null || job.settings.maxRuns === null;
}

function examine({ run, job, zone, startsInWindow }: RunContext): Finding | null {
  const limit = job.settings.maxRuns;
  if (limit === null || startsInWindow === null || startsInWindow <= limit.count) return null;
  const at = run.startedAt ?? run.lastEventAt;
  const per = formatDuration(limit.perMs);
  return {
    at,
    limitText: `at most ${limit.count} in ${per}`,
    valueText: `${startsInWindow} in ${per}`,
    explanation: `The run that started at ${instantText(at, zone)} is number ${startsInWindow} within ${per}; at most ${limit.count} ${limit.count === 1 ? "is" : "are"} allowed.`,
    byAbsence: false,
  };
}
