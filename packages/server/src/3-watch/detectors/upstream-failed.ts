/** upstream_failed: a job whose output is needed had failed for this data interval when the run began, or should have. */
import { upstreamDetectors } from "./upstream-findings.ts";

export const { ofRun: upstreamFailed, ofSlot: slotUpstreamFailed } = upstreamDetectors({
  type: "upstream_failed",
  slotKind: "slot_upstream_failed",
  state: "failed",
  byAbsence: false,
});
