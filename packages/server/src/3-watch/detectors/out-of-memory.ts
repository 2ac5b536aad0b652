/**
 * out_of_memory: the exit code, an error, a container or a control group says that the run was killed for memory; told
 * whatever the run itself reports, since a child that was killed may leave its parent "successful".
 */
import { outOfMemoryEvidence } from "../../model/out-of-memory.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { bytesText } from "./memory-words.ts";
import { whenInsideLimits } from "./mending.ts";

export const outOfMemory: RunDetector = {
  type: "out_of_memory",
  examine,
  mends: (context) => whenInsideLimits(context, examine),
};

function examine({ run }: RunContext): Finding | null {
  // An attempt that may be made good by the next one tells nobody, and lost is what we say ourselves.
  if (!run.final || run.phase === "lost" || run.phase === "cancelled" || run.phase === "skipped") return null;
  const evidence = outOfMemoryEvidence(run);
  if (evidence === null) return null;
  const { peakMemoryBytes, memoryLimitBytes } = run.resources;
  const peak = peakMemoryBytes === undefined ? "" : ` Its peak was ${bytesText(peakMemoryBytes)}`;
  const ofLimit =
    peak === "" ? "" : memoryLimitBytes === undefined ? "." : ` of ${bytesText(memoryLimitBytes)}.`;
  const although = run.phase === "completed" ? ", although it says that it succeeded" : "";
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: memoryLimitBytes === undefined ? null : bytesText(memoryLimitBytes),
    valueText: peakMemoryBytes === undefined ? evidence : bytesText(peakMemoryBytes),
    explanation: `The run was out of memory${although}: ${evidence}.${peak}${ofLimit}`,
    byAbsence: false,
  };
}
