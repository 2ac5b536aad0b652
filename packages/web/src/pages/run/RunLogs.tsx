/** What the run wrote: from a severity upwards, following the end while it runs. */

import { isExecutingPhase } from "@batchwatch/protocol/phases";
import { Select, Switch } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { useRunLogs } from "../../api/queries.ts";
import type { LogView, RunDetail } from "../../api/resources.ts";
import { useZone } from "../../clock/zone-choice.ts";
import { Answer } from "../../components/Answer.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Instant } from "../../components/Instant.tsx";
import { KeptFor } from "../../components/KeptFor.tsx";
import { MoreButton } from "../../components/MoreButton.tsx";
import { Panel } from "../../components/Panel.tsx";
import { withParams } from "../../url-state/board-filters.ts";
import type { RunAddress } from "../../url-state/links.ts";
import { LOG_SEVERITIES, readLogSeverity } from "./log-severity.ts";
import classes from "./run.module.css";

export function RunLogs({ run, address }: { run: RunDetail; address: RunAddress }) {
  const [params, setParams] = useSearchParams();
  const severity = readLogSeverity(params);
  const live = isExecutingPhase(run.phase);
  const [follow, setFollow] = useState(live);
  const logs = useRunLogs(address, severity);
  const zone = useZone();
  const lines = logs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel
      title="Logs"
      flush
      aside={
        <>
          <span>times in {zone}</span>
          <Select
            size="xs"
            className={classes.severity}
            aria-label="Least severity"
            placeholder="Every severity"
            data={LOG_SEVERITIES.map((name) => ({ value: name, label: `${name} and worse` }))}
            value={severity}
            onChange={(next) => setParams((now) => withParams(now, { severity: next }), { replace: true })}
            clearable
          />
          {live && (
            <Switch
              size="xs"
              label="Follow"
              checked={follow}
              onChange={(event) => setFollow(event.currentTarget.checked)}
            />
          )}
        </>
      }
    >
      <Answer query={logs}>
        {() =>
          lines.length === 0 ? (
            <div className={classes.inset}>
              <EmptyState>
                {severity === null
                  ? "There are no log lines of this run."
                  : `No line is ${severity} or worse.`}{" "}
                <KeptFor kind="logsMs" what="Log lines" since={run.lastEventAt} />
              </EmptyState>
            </div>
          ) : (
            <LogLines lines={lines} follow={follow && live} />
          )
        }
      </Answer>
      <MoreButton query={logs} words="Show more lines" />
    </Panel>
  );
}

function LogLines({ lines, follow }: { lines: readonly LogView[]; follow: boolean }) {
  const box = useRef<HTMLOListElement>(null);
  const count = lines.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line scrolls to the end.
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, count]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <ol className={classes.logs} ref={box} tabIndex={0} aria-label="Log lines">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines only ever come at the end, and two can be the same.
        <li key={index} className={classes.logLine} data-severity={line.severity ?? undefined}>
          <span className={classes.logTime}>
            <Instant at={line.at} show="milliseconds" bare />
          </span>
          <span className={classes.logSeverity}>{line.severity ?? ""}</span>
          <span className={classes.logBody}>
            {line.body}
            <LogAttributes attributes={line.attributes} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function LogAttributes({ attributes }: { attributes: Record<string, unknown> }) {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return null;
  return (
    <span className={classes.logAttributes}>
      {entries
        .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
        .join("")}
    </span>
  );
}
