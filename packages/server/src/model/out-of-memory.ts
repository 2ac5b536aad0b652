/**
 * What says that a run was out of memory: its exit code, the words of its errors, what a container or a control group
 * says of it. Receives a run as it is known; hands on the evidence in words, whatever the run says of its own success.
 */
import type { RunView } from "./run.ts";

type Told = Pick<
  RunView,
  "attempts" | "steps" | "errorType" | "errorMessage" | "exitCode" | "signal" | "metadata" | "resources"
>;

/** 128 + SIGKILL: how a container or a shell tells that the kernel ended the process. */
const KILLED_EXIT_CODE = 137;
/** Killed with so much of its limit in use, nothing else is likely. */
const NEAR_LIMIT_RATIO = 0.9;

const ERROR_TYPES = /out_?of_?memory|oom_?kill|^oom$|MemoryError$|bad_alloc|ENOMEM/i;
const ERROR_WORDS =
  /\bOOM ?Killed\b|\boom-?kill(?:ed|er)\b|\bout of memory\b|\bOutOfMemoryError\b|java heap space|heap out of memory|cannot allocate memory|memory limit exceeded|running beyond (?:physical|virtual) memory limits|exceeding memory limits|exit(?:ed)?(?: with)?(?: code| status)?:? 137\b/i;
const KILL_FLAGS = /(?:^|[._-])oom[._-]?kill(?:ed|s)?$/i;
const KILL_WORD = /^OOM_?Killed$/i;

/** Null when nothing says so. Only the last attempt counts: an earlier one that was made good is over. */
export function outOfMemoryEvidence(run: Told): string | null {
  const attempt = run.attempts.at(-1)?.number ?? 1;
  return (
    ofType("its error", run.errorType) ??
    (run.exitCode === KILLED_EXIT_CODE ? `exit code ${KILLED_EXIT_CODE} (killed by the kernel)` : null) ??
    ofMetadata(run.metadata) ??
    ofWords("its error", run.errorMessage) ??
    ofSteps(run, attempt) ??
    ofKill(run)
  );
}

function ofType(whose: string, type: string | null): string | null {
  return type !== null && ERROR_TYPES.test(type) ? `${whose} is ${type}` : null;
}

function ofWords(whose: string, message: string | null): string | null {
  const words = message === null ? null : ERROR_WORDS.exec(message);
  return words === null ? null : `${whose} says "${words[0]}"`;
}

function ofMetadata(metadata: RunView["metadata"]): string | null {
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value === "string" && KILL_WORD.test(value.trim())) return `${name} is ${value.trim()}`;
    const isSet = value === true || value === "true" || (typeof value === "number" && value > 0);
    if (isSet && KILL_FLAGS.test(name)) return `${name} is ${String(value)}`;
  }
  return null;
}

function ofSteps({ steps }: Told, attempt: number): string | null {
  for (const step of steps) {
    if (step.attempt !== attempt || step.outcome !== "failure") continue;
    const whose = `the error of step "${step.name}"`;
    const evidence = ofType(whose, step.errorType) ?? ofWords(whose, step.errorMessage);
    if (evidence !== null) return evidence;
  }
  return null;
}

function ofKill({ signal, resources }: Told): string | null {
  const { peakMemoryBytes, memoryLimitBytes } = resources;
  if (signal !== "SIGKILL" || peakMemoryBytes === undefined || memoryLimitBytes === undefined) return null;
  if (memoryLimitBytes <= 0 || peakMemoryBytes < NEAR_LIMIT_RATIO * memoryLimitBytes) return null;
  return `killed by SIGKILL with ${Math.round((peakMemoryBytes / memoryLimitBytes) * 100)} % of its memory limit in use`;
}
