/** upstream_late: a job whose output is needed had not succeeded for this data interval when the run began, or should have. */
import { upstreamDetectors } from "./upstream-findings.ts";

export const { ofRun: upstreamLate, ofSlot: slotUpstreamLate } = upstreamDetectors({
  type: "upstream_late",
  slotKind: "slot_upstream_late",
  state: "late",
  byAbsence: true,
});
