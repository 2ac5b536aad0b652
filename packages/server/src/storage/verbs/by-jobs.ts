/**
 * Questions about very many jobs at once (a board of all of them), asked in parts, so that the one thread can serve
 * others in between.
 */
import { setImmediate } from "node:timers/promises";

/** Some 10 ms of work for the questions that are asked here. */
const JOBS_A_PART = 250;

/** One map of the answers to each part; a job that is asked for twice is answered once. */
export async function byJobs<Answer>(
  jobIds: readonly number[],
  ask: (part: readonly number[]) => Promise<ReadonlyMap<number, Answer>>,
): Promise<Map<number, Answer>> {
  const wanted = [...new Set(jobIds)];
  const answers = new Map<number, Answer>();
  for (let start = 0; start < wanted.length; start += JOBS_A_PART) {
    if (start > 0) await setImmediate();
    for (const [jobId, answer] of await ask(wanted.slice(start, start + JOBS_A_PART)))
      answers.set(jobId, answer);
  }
  return answers;
}
