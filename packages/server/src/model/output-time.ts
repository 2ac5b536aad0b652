/**
 * When a run last renewed the output of its job: what it says of its output, else its end; null for a run that wrote
 * nothing. A run that reports 0 records wrote none, however green it is, and a backfill renews what is old.
 */
import { parseInstant } from "@batchwatch/protocol";
import type { RunView } from "./run.ts";

/** Names of metadata under which a run may say how old its output is. */
const OUTPUT_TIME_NAMES = ["batch.output.updated_at", "output_updated_at"] as const;

export function outputAtOf(
  run: Pick<RunView, "phase" | "runType" | "completedAt" | "recordsProcessed" | "metadata">,
): number | null {
  if (run.phase !== "completed" || run.runType === "backfill" || run.completedAt === null) return null;
  const said = saidOutputAt(run.metadata);
  if (said !== null) return Math.min(said, run.completedAt);
  return run.recordsProcessed === 0 ? null : run.completedAt;
}

function saidOutputAt(metadata: RunView["metadata"]): number | null {
  for (const name of OUTPUT_TIME_NAMES) {
    const value = metadata[name];
    if (typeof value !== "string" && typeof value !== "number") continue;
    try {
      return parseInstant(value);
    } catch {
      // Not a time: as if it had not been said.
    }
  }
  return null;
}
