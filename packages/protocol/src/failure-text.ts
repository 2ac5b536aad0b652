/** How a run or an attempt failed, in words that say each thing once: "exit code 3: no space left on device". */

/** What is known of a failure; of run, attempt and event alike. */
export interface FailureFacts {
  errorType: string | null;
  errorMessage: string | null;
  exitCode: number | null;
  signal: string | null;
}

/** The error types of failures of which nothing is known but how the process ended. */
const STATUS_TYPES: ReadonlySet<string> = new Set(["exit_code", "signal"]);

/** "killed by SIGKILL", "exit code 3"; null for a good end, and where nobody said. */
export function exitStatusText({
  exitCode,
  signal,
}: Pick<FailureFacts, "exitCode" | "signal">): string | null {
  if (signal !== null) return `killed by ${signal}`;
  return exitCode === null || exitCode === 0 ? null : `exit code ${exitCode}`;
}

/** The error type where the source names none. */
export function exitStatusType({
  exitCode,
  signal,
}: Pick<FailureFacts, "exitCode" | "signal">): string | null {
  if (signal !== null) return "signal";
  return exitCode === null || exitCode === 0 ? null : "exit_code";
}

/**
 * @returns "IOError: disk full (exit code 2)", "exit code 3: no space left on device", "killed by SIGKILL"; null where
 *   nothing is known.
 */
export function failureText(facts: FailureFacts): string | null {
  const status = exitStatusText(facts);
  const { errorMessage: message } = facts;
  const type =
    facts.errorType === null ||
    STATUS_TYPES.has(facts.errorType) ||
    message?.startsWith(facts.errorType) === true
      ? null
      : facts.errorType;
  const named = type === null ? message : message === null ? type : `${type}: ${message}`;
  if (named === null || status === null || says(named, status)) return named ?? status;
  return type === null ? `${status}: ${named}` : `${named} (${status})`;
}

/** "exit code 1" is not said by "exit code 12". */
function says(text: string, status: string): boolean {
  const at = text.indexOf(status);
  return at >= 0 && !/^\d/.test(text.slice(at + status.length));
}
