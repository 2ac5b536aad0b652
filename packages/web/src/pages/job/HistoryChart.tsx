/**
 * Duration and records of the job's runs over time. ECharts comes only when this is on the page; the same figures stand
 * in a table for who cannot see the chart.
 */
import { lazy, Suspense, useMemo } from "react";
import { useRuns } from "../../api/queries.ts";
import type { JobDetail } from "../../api/resources.ts";
import { useZone } from "../../clock/zone-choice.ts";
import { phaseLook } from "../../components/outcome.ts";
import { Panel } from "../../components/Panel.tsx";
import { formatCount } from "../../format/count.ts";
import { formatDuration } from "../../format/duration.ts";
import { formatInstant } from "../../format/instant.ts";
import classes from "./job.module.css";

const DurationChart = lazy(() => import("../../charts/DurationChart.tsx"));
/** Two points make no history. */
const LEAST_RUNS = 3;

export function HistoryChart({ job }: { job: JobDetail }) {
  const key = { namespace: job.namespace, environment: job.environment, jobName: job.jobName };
  const runs = useRuns(key, { phase: null, period: null }, null);
  const zone = useZone();
  const shown = useMemo(
    () =>
      (runs.data?.pages.flatMap((page) => page.items) ?? [])
        .filter((run) => run.durationMs !== null)
        .reverse(),
    [runs.data],
  );
  if (shown.length < LEAST_RUNS) return null;
  return (
    <Panel title="Duration and records" aside={`${shown.length} runs, ${zone}`}>
      <div aria-hidden="true">
        <Suspense fallback={<div className={classes.chart} />}>
          <DurationChart
            runs={shown}
            usualMs={job.usualDurationMs}
            zone={zone}
            className={classes.chart ?? ""}
          />
        </Suspense>
      </div>
      {/* A table takes its own width, however narrow it is told to be: only a box around it can hide it. */}
      <div className="bw-hidden">
        <table>
          <caption>Duration and records by run, oldest first</caption>
          <thead>
            <tr>
              <th scope="col">Started</th>
              <th scope="col">Outcome</th>
              <th scope="col">Duration</th>
              <th scope="col">Records</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((run) => (
              <tr key={run.runId}>
                <td>
                  {run.startedAt &&
                    formatInstant(Date.parse(run.startedAt), { zone, nowAt: 0, withZone: true })}
                </td>
                <td>{phaseLook(run.phase).word}</td>
                <td>{formatDuration(run.durationMs)}</td>
                <td>{formatCount(run.recordsProcessed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
