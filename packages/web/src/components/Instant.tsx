/** One instant, the same everywhere: relative with the absolute one on hover, or absolute with its zone. */
import { useCallback } from "react";
import { useClock } from "../clock/clock.ts";
import { useZone } from "../clock/zone-choice.ts";
import { ABSENT } from "../format/duration.ts";
import { formatFullInstant, formatInstant, formatRelative } from "../format/instant.ts";

interface Props {
  /** ISO 8601, as the API gives it; null = nobody has said. */
  at: string | null;
  /** `relative` ("14 s ago") is the default. */
  show?: "relative" | "clock" | "seconds" | "milliseconds";
  /** Leave the zone out where a heading names it. */
  bare?: boolean;
  /** The zone of the job, where the page is not about one job. */
  jobZone?: string | null;
  /** What stands for null. */
  absent?: string;
}

export function Instant({ at, show = "relative", bare = false, jobZone, absent = ABSENT }: Props) {
  const zone = useZone(jobZone);
  const instant = at === null ? Number.NaN : Date.parse(at);
  const describe = useCallback(
    (nowAt: number) => {
      if (Number.isNaN(instant)) return absent;
      if (show === "relative") return formatRelative(instant, nowAt);
      return formatInstant(instant, {
        zone,
        nowAt,
        seconds: show === "seconds",
        milliseconds: show === "milliseconds",
        withZone: !bare,
      });
    },
    [instant, show, zone, bare, absent],
  );
  const text = useClock(describe);
  if (at === null || Number.isNaN(instant)) return <span>{absent}</span>;
  return (
    <time dateTime={at} title={formatFullInstant(instant, zone)}>
      {text}
    </time>
  );
}
