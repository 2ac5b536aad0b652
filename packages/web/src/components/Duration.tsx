/** A length of time, in tabular figures; one that is still growing ticks. */
import { useCallback } from "react";
import { useClock } from "../clock/clock.ts";
import { formatDuration } from "../format/duration.ts";

export function Duration({ ms }: { ms: number | null }) {
  return <span className="bw-figure">{formatDuration(ms)}</span>;
}

/** From an instant until now, to the second. */
export function ElapsedDuration({ since }: { since: string }) {
  const startedAt = Date.parse(since);
  const describe = useCallback(
    (nowAt: number) => formatDuration(Math.max(0, Math.floor((nowAt - startedAt) / 1_000) * 1_000)),
    [startedAt],
  );
  return <span className="bw-figure">{useClock(describe)}</span>;
}
