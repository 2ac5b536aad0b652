/** The job's runs, newest first, by phase and period. */

import { failureText } from "@batchwatch/protocol/failure-text";
import { RUN_PHASES } from "@batchwatch/protocol/phases";
import { Select } from "@mantine/core";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useRuns } from "../../api/queries.ts";
import type { JobDetail, RunSummary } from "../../api/resources.ts";
import { now } from "../../clock/clock.ts";
import { useZone } from "../../clock/zone-choice.ts";
import { Answer } from "../../components/Answer.tsx";
import { type Column, DataTable } from "../../components/DataTable.tsx";
import { Duration, ElapsedDuration } from "../../components/Duration.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Instant } from "../../components/Instant.tsx";
import { KeptFor } from "../../components/KeptFor.tsx";
import { MoreButton } from "../../components/MoreButton.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { factWords, phaseLook } from "../../components/outcome.ts";
import { Panel } from "../../components/Panel.tsx";
import { formatCount } from "../../format/count.ts";
import { withParams } from "../../url-state/board-filters.ts";
import { runLink } from "../../url-state/links.ts";
import { PERIODS, type Period, periodStart, readRunFilters } from "../../url-state/run-filters.ts";
import classes from "./job.module.css";

const PERIOD_WORDS: Readonly<Record<Period, string>> = {
  "24h": "last 24 hours",
  "7d": "last 7 days",
  "30d": "last 30 days",
};

export function JobRuns({ job }: { job: JobDetail }) {
  const [params, setParams] = useSearchParams();
  const filters = readRunFilters(params);
  const [openedAt] = useState(now);
  const key = { namespace: job.namespace, environment: job.environment, jobName: job.jobName };
  const runs = useRuns(key, filters, periodStart(filters.period, openedAt));
  const zone = useZone();
  const change = (changes: Record<string, string | null>) =>
    setParams((current) => withParams(current, changes), { replace: true });
  return (
    <Panel
      title="Runs"
      flush
      aside={
        <>
          <Select
            size="xs"
            className={classes.choice}
            aria-label="Phase"
            placeholder="Any phase"
            data={RUN_PHASES.map((phase) => ({ value: phase, label: phaseLook(phase).word }))}
            value={filters.phase}
            onChange={(phase) => change({ phase })}
            clearable
          />
          <Select
            size="xs"
            className={classes.choice}
            aria-label="Period"
            placeholder="Any time"
            data={PERIODS.map((value) => ({ value, label: PERIOD_WORDS[value] }))}
            value={filters.period}
            onChange={(period) => change({ period })}
            clearable
          />
        </>
      }
    >
      <Answer query={runs}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return (
              <div className={classes.inset}>
                <EmptyState>
                  {filters.phase || filters.period ? "No run matches these filters." : "No runs are here."}{" "}
                  <KeptFor kind="runsMs" what="Runs" since={job.firstSeenAt} />
                </EmptyState>
              </div>
            );
          }
          return (
            <>
              <DataTable
                caption="Runs, newest first"
                columns={columnsFor(zone)}
                rows={rows}
                keyOf={(run) => run.runId}
              />
              <MoreButton query={runs} words="Show older runs" />
              {!runs.hasNextPage && (
                <p className={classes.kept}>
                  <KeptFor kind="runsMs" what="Runs" since={job.firstSeenAt} />
                </p>
              )}
            </>
          );
        }}
      </Answer>
    </Panel>
  );
}

function columnsFor(zone: string): Column<RunSummary>[] {
  return [
    {
      name: "Outcome",
      cell: (run) => (
        <span className={classes.outcome}>
          <OutcomeBadge look={phaseLook(run.phase)} live={run.phase === "running"} />
          {run.retryCount > 0 && <span className="bw-dim">try {run.retryCount + 1}</span>}
        </span>
      ),
    },
    {
      name: "Run",
      cell: (run) => (
        <Link className={`bw-link ${classes.runId}`} to={runLink(run, run.runId)} title={run.runId}>
          {run.runId}
        </Link>
      ),
    },
    {
      name: `Started (${zone})`,
      cell: (run) => <BeganAt run={run} />,
    },
    {
      name: "Took",
      figure: true,
      emptyIf: (run) => run.durationMs === null && (run.completedAt !== null || run.startedAt === null),
      cell: (run) =>
        run.completedAt === null && run.startedAt !== null ? (
          <ElapsedDuration since={run.startedAt} />
        ) : (
          <Duration ms={run.durationMs} />
        ),
    },
    {
      name: "Records",
      figure: true,
      emptyIf: (run) => run.recordsProcessed === null,
      cell: (run) => (
        <>
          {formatCount(run.recordsProcessed)}
          {(run.recordsFailed ?? 0) > 0 && (
            <span className={classes.failedCount}> {formatCount(run.recordsFailed)} failed</span>
          )}
        </>
      ),
    },
    {
      name: "Why",
      grow: true,
      emptyIf: (run) => whyWords(run).every((text) => text === ""),
      cell: (run) => <Why run={run} />,
    },
  ];
}

/** Of a run that is not known to have started, the next best thing that is known, and what it is. */
function BeganAt({ run }: { run: RunSummary }) {
  if (run.startedAt !== null) return <Instant at={run.startedAt} show="seconds" bare />;
  const [at, word] =
    run.completedAt !== null
      ? [run.completedAt, "ended"]
      : run.queuedAt !== null
        ? [run.queuedAt, "queued"]
        : run.scheduledAt !== null
          ? [run.scheduledAt, "due"]
          : [run.lastEventAt, "heard of"];
  return (
    <>
      <Instant at={at} show="seconds" bare /> <span className="bw-dim">{word}</span>
    </>
  );
}

/** The failure in the run's own words, and what else is remarkable; each empty where there is nothing to say. */
function whyWords(run: RunSummary): [message: string, notes: string] {
  const notes = [
    ...(run.runType === "scheduled" ? [] : [run.runType]),
    ...(run.degraded ? ["a step failed"] : []),
    ...(run.conflict ? ["witnesses disagree"] : []),
    ...run.openFacts.map(factWords),
  ];
  return [failureText(run) ?? "", notes.join(", ")];
}

function Why({ run }: { run: RunSummary }) {
  const [message, notes] = whyWords(run);
  return (
    <span className={classes.why} title={[message, notes].filter(Boolean).join(" · ")}>
      {message}
      {message && notes ? " · " : ""}
      <span className="bw-dim">{notes}</span>
    </span>
  );
}
