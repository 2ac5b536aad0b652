/** A run that can have steps: our own, or one that was carried here from another process. */
import type { RecordCounts, RunEventKind } from "@batchwatch/protocol/run-event";
import type { Attributes, Context } from "@opentelemetry/api";
import type { ScopedRun } from "./hub.ts";

export interface SteppedRun extends ScopedRun {
  readonly hasEnded: boolean;
  /** With the attempt's span as the active one. */
  readonly context: Context;
  now(): number;
  emit(kind: RunEventKind, at: number, body: string, attributes: Attributes, context?: Context): void;
  stepEnded(records: RecordCounts): void;
}

/** False where another copy of this package made it: then it has no steps of ours. */
export function isStepped(run: ScopedRun): run is SteppedRun {
  return "stepEnded" in run && "emit" in run && "now" in run;
}
