/** A job as one of its runs is judged by: with the limits that its settings have for runs of that type. */
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";

export function jobForRun(job: Job, run: Pick<Run, "runType">): Job {
  const own = job.settings.byRunType[run.runType];
  return own === undefined ? job : { ...job, settings: { ...job.settings, ...own } };
}
