/** Lengths of time in words, as everywhere in the product ("12.3 s", "3 m 05 s", "1 h 04 m"); the parts are held together. */
import { formatDuration as durationWords } from "@batchwatch/protocol/duration";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No-break space: a length of time never wraps. */
const GAP = "\u00a0";

/** What stands where nobody has said a value. */
export const ABSENT = "–";

export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return ABSENT;
  return durationWords(ms).replaceAll(" ", GAP);
}

/** Whole units only, for something that ticks: "14 s", "3 m", "2 h", "5 d". */
export function formatCoarseDuration(ms: number): string {
  const length = Math.abs(ms);
  if (length < MINUTE) return `${Math.floor(length / SECOND)}${GAP}s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)}${GAP}m`;
  if (length < DAY) {
    const hours = Math.floor(length / HOUR);
    const minutes = Math.floor((length % HOUR) / MINUTE);
    return hours < 10 && minutes > 0
      ? `${hours}${GAP}h${GAP}${String(minutes).padStart(2, "0")}${GAP}m`
      : `${hours}${GAP}h`;
  }
  return `${Math.floor(length / DAY)}${GAP}d`;
}
