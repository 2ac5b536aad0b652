/** The ticks of the waterfall's axis: no two with the same words, however short the run was. Pure. */
import { formatDuration } from "../../format/duration.ts";

export interface AxisTick {
  /** Where on the axis, 0 to 1. */
  share: number;
  label: string;
}

/** Without the third quarter, whose label would meet the last. */
const SHARES = [0, 0.25, 0.5, 1] as const;
/** Below, a fraction of a millisecond would be rounded away from where its tick stands. */
const ROUNDABLE_MS = 20;

export function axisTicks(lengthMs: number): AxisTick[] {
  const ticks: AxisTick[] = [{ share: 0, label: "0" }];
  for (const share of SHARES) {
    const at = lengthMs * share;
    if (Math.round(at) === 0 || (share < 1 && at < ROUNDABLE_MS && !Number.isInteger(at))) continue;
    const label = formatDuration(at);
    if (ticks.at(-1)?.label !== label) ticks.push({ share, label });
  }
  return ticks;
}
