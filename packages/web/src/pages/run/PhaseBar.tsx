/** The run's way in time as one bar: scheduled, queued, running (each attempt), end; with times and waits below. */
import { isExecutingPhase } from "@batchwatch/protocol/phases";
import type { RunDetail } from "../../api/resources.ts";
import { useNow } from "../../clock/clock.ts";
import { Duration } from "../../components/Duration.tsx";
import { type Fact, Facts } from "../../components/Facts.tsx";
import { Instant } from "../../components/Instant.tsx";
import { formatDuration } from "../../format/duration.ts";
import { phaseSegments } from "./phase-segments.ts";
import classes from "./run.module.css";

const TICK_MS = 1_000;

export function PhaseBar({ run, usualMs }: { run: RunDetail; usualMs: number | null }) {
  const live = isExecutingPhase(run.phase) || run.phase === "queued";
  const nowAt = useNow(live ? TICK_MS : null);
  const segments = phaseSegments(run, nowAt);
  return (
    <>
      {segments.length > 0 && (
        <ol className={classes.phases} aria-label="Phases of the run">
          {segments.map((segment) => (
            <li
              key={`${segment.name} ${segment.fromAt}`}
              className={classes.phase}
              style={{ flexGrow: segment.weight }}
              title={`${segment.name}: ${formatDuration(segment.durationMs)}`}
            >
              <span
                className={classes.phaseBar}
                data-kind={segment.kind}
                data-open={segment.toAt === null || undefined}
                style={segment.look ? { color: `var(--bw-${segment.look.outcome})` } : undefined}
              />
              <span className={classes.phaseWords}>
                {segment.name} <span className="bw-figure">{formatDuration(segment.durationMs)}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
      <Facts facts={timeFacts(run, usualMs)} />
    </>
  );
}

function timeFacts(run: RunDetail, usualMs: number | null): Fact[] {
  const { startedWithinMs, completedWithinMs } = run.precision;
  const facts: Fact[] = [];
  const instant = (name: string, at: string | null, withinMs = 0) => {
    if (at === null) return;
    const value = (
      <>
        <Instant at={at} show="seconds" />
        {withinMs > 0 && <span className="bw-dim"> ± {formatDuration(withinMs)}</span>}
      </>
    );
    facts.push({ name, value });
  };
  instant("Scheduled", run.scheduledAt);
  instant("Queued", run.queuedAt);
  instant("Started", run.startedAt, startedWithinMs);
  instant("Ended", run.completedAt, completedWithinMs);
  if (run.startedAt === null && run.completedAt === null) instant("Last heard of", run.lastEventAt);
  const length = (name: string, ms: number | null) => {
    if (ms !== null) facts.push({ name, value: <Duration ms={ms} /> });
  };
  length("Duration", run.durationMs);
  if (usualMs !== null) length("Usually", usualMs);
  length("Queue wait", run.queueWaitMs);
  if (run.retryCount > 0) length("Execution, all attempts", run.executionMs);
  if (run.totalMs !== run.durationMs) length("Total since scheduled", run.totalMs);
  return facts;
}
