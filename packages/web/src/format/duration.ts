/** Lengths of time in words: "850 ms", "12.3 s", "3 m 05 s", "1 h 04 m", "2 d 03 h". The parts are held together. */

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
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < 999.5) return `${Math.round(ms)}${GAP}ms`;
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)}${GAP}s`;
  if (ms < 99.95 * SECOND && ms < MINUTE - 50) return `${(ms / SECOND).toFixed(1)}${GAP}s`;
  if (ms < HOUR - 500) return pair(Math.round(ms / SECOND), 60, "m", "s");
  if (ms < DAY - 30 * SECOND) return pair(Math.round(ms / MINUTE), 60, "h", "m");
  return pair(Math.round(ms / HOUR), 24, "d", "h");
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

function pair(total: number, per: number, major: string, minor: string): string {
  const rest = String(total % per).padStart(2, "0");
  return `${Math.floor(total / per)}${GAP}${major}${GAP}${rest}${GAP}${minor}`;
}
