/**
 * Two jobs of one name in two environments, where one is declared and never runs and the other runs undeclared: nearly
 * always one job, whose declaration forgot the environment that its sender says. They stay two (SEMANTICS section 1);
 * whoever looks at either is told.
 */
import type { Job } from "./job.ts";

/** Another job of the same namespace and name. */
export interface Namesake {
  environment: string;
  isDeclared: boolean;
  hasRuns: boolean;
}

/** What to tell about the job and what to do; null where there is nothing. */
export function namesakeHint(job: Job, hasRuns: boolean, namesakes: readonly Namesake[]): string | null {
  const isDeclared = job.settingsBySource.declared !== undefined;
  if (isDeclared && !hasRuns) {
    const running = namesakes.filter((other) => other.hasRuns && !other.isDeclared);
    const [first] = running;
    if (first === undefined) return null;
    return `No run of it was ever reported, but a job of the same name reports ${inEnvironments(running)}: these are two jobs, and its settings hold for this one only. If they are one, write "environment: ${yamlText(first.environment)}" in its declaration, or let the sender say ${job.environment === "" ? "no environment" : `"${job.environment}"`}.`;
  }
  if (!isDeclared && hasRuns) {
    const waiting = namesakes.filter((other) => other.isDeclared && !other.hasRuns);
    if (waiting.length === 0) return null;
    return `A job of the same name is declared ${inEnvironments(waiting)} and has no runs: these are two jobs, and none of its settings hold here. If they are one, write "environment: ${yamlText(job.environment)}" in its declaration.`;
  }
  return null;
}

function inEnvironments(namesakes: readonly Namesake[]): string {
  return namesakes
    .map(({ environment }) =>
      environment === "" ? "without an environment" : `in the environment "${environment}"`,
    )
    .join(" and ");
}

function yamlText(environment: string): string {
  return /^[\w-]+$/.test(environment) ? environment : JSON.stringify(environment);
}
