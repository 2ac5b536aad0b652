/** What a bar stands for: when, how long, records and why. Follows the pointer in tables; below the large strip it stays. */
import { Portal } from "@mantine/core";
import type { StripBar } from "../../api/resources.ts";
import { Instant } from "../../components/Instant.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { phaseLook } from "../../components/outcome.ts";
import { formatCount } from "../../format/count.ts";
import { formatDuration } from "../../format/duration.ts";
import classes from "./run-strip.module.css";

interface Props {
  bar: StripBar | null;
  jobZone: string | null;
  x?: number;
  y?: number;
  /** Nothing is pointed at: it speaks of the newest bar. */
  latest?: boolean;
}

export function StripHover({ bar, jobZone, x, y, latest = false }: Props) {
  if (bar === null) return null;
  const words = (
    <>
      {latest && <span>Latest:</span>}
      <OutcomeBadge look={phaseLook(bar.phase)} />
      <Instant at={bar.at} show="seconds" jobZone={jobZone} />
      {bar.durationMs !== null && <span>{formatDuration(bar.durationMs)}</span>}
      {bar.recordsProcessed !== null && <span>{formatCount(bar.recordsProcessed)} records</span>}
      {bar.why !== null && <span className={classes.why}>{bar.why}</span>}
    </>
  );
  if (x === undefined || y === undefined) return <span className={classes.caption}>{words}</span>;
  return (
    <Portal>
      <div
        className={classes.hover}
        style={{ left: `clamp(8px, ${x - 24}px, calc(100vw - 336px))`, top: y }}
        aria-hidden="true"
      >
        {words}
      </div>
    </Portal>
  );
}
