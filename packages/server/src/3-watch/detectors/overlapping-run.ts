/**
 * overlapping_run: a run started while another one of the job was under way, and the job declares `allowOverlap: false`.
 * Left undeclared, overlapping is nobody's broken expectation.
 */
import { isExecutingPhase, SETTING_SOURCES } from "@batchwatch/protocol";
import { besideText, instantText } from "../../lib/calendar/time-text.ts";
import type { Job } from "../../model/job.ts";
import type { RunDetector } from "./detector.ts";
import { runName, whenRunEnds, whenRunSucceeds } from "./mending.ts";

export const overlappingRun: RunDetector = {
  type: "overlapping_run",
  examine({ run, job, overlaps, zone }) {
    if (overlaps === null || !forbidsOverlap(job) || !isExecutingPhase(run.phase)) return null;
    const at = run.startedAt ?? run.lastEventAt;
    return {
      at,
      limitText: "one run at a time",
      valueText: "2 runs at once",
      explanation: `The run started at ${instantText(at, zone)} while run ${runName(overlaps)}, started at ${besideText(overlaps.startedAt ?? at, zone, at)}, was still under way.`,
      byAbsence: false,
    };
  },
  mends(context) {
    const { isOwn, run, overlaps } = context;
    if (isOwn && isExecutingPhase(run.phase) && overlaps === null)
      return "The other run has ended; only one is under way.";
    return whenRunEnds(context) ?? whenRunSucceeds(context);
  },
};

/** The first source that has the setting wins. */
export function forbidsOverlap(job: Job): boolean {
  const said = SETTING_SOURCES.map((source) => job.settingsBySource[source]?.allowOverlap).find(
    (value) => value !== undefined,
  );
  return said === false;
}
