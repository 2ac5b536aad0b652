/** The steps of a run as a waterfall: each a bar on one axis of time, with its length, records and error. */
import { isExecutingPhase } from "@batchwatch/protocol/phases";
import { useRunSpans } from "../../api/queries.ts";
import type { RunDetail } from "../../api/resources.ts";
import { useNow } from "../../clock/clock.ts";
import { OutcomeMark } from "../../components/OutcomeMark.tsx";
import { stepLook } from "../../components/outcome.ts";
import { Panel } from "../../components/Panel.tsx";
import { formatCount } from "../../format/count.ts";
import { ABSENT, formatDuration } from "../../format/duration.ts";
import type { RunAddress } from "../../url-state/links.ts";
import { axisTicks } from "./axis-ticks.ts";
import classes from "./run.module.css";
import { type WaterfallRow, waterfallRows, waterfallSpan } from "./waterfall-rows.ts";

const TICK_MS = 1_000;
const INDENT = 14;

export function RunSteps({ run, address }: { run: RunDetail; address: RunAddress }) {
  const spans = useRunSpans(address);
  const nowAt = useNow(isExecutingPhase(run.phase) ? TICK_MS : null);
  const rows = waterfallRows(run.steps, spans.data?.items ?? []);
  if (rows.length === 0) return null;
  const span = waterfallSpan(rows, nowAt);
  const severalAttempts = run.retryCount > 0;
  return (
    <Panel title="Steps" aside={spans.data?.nextCursor ? "the first 500 spans" : undefined} flush>
      <div className={classes.waterfall}>
        <div className={classes.waterfallHead} aria-hidden="true">
          <span />
          <span className={classes.axis}>
            {span &&
              axisTicks(span.toAt - span.fromAt).map((tick) => (
                <span
                  key={tick.share}
                  style={{ left: `${tick.share * 100}%` }}
                  data-last={tick.share === 1 || undefined}
                  data-middle={(tick.share > 0 && tick.share < 1) || undefined}
                >
                  {tick.label}
                </span>
              ))}
          </span>
          <span />
        </div>
        <ol className={classes.steps}>
          {rows.map((row) => (
            <StepRow key={row.id} row={row} span={span} nowAt={nowAt} showAttempt={severalAttempts} />
          ))}
        </ol>
      </div>
    </Panel>
  );
}

interface StepRowProps {
  row: WaterfallRow;
  span: { fromAt: number; toAt: number } | null;
  nowAt: number;
  showAttempt: boolean;
}

function StepRow({ row, span, nowAt, showAttempt }: StepRowProps) {
  const look = stepLook(row.outcome);
  const endAt = row.endAt ?? (row.outcome === "running" ? nowAt : row.startAt);
  const lengthMs = row.startAt === null || endAt === null ? null : endAt - row.startAt;
  return (
    <li className={classes.step}>
      <span className={classes.stepName} style={{ paddingLeft: row.depth * INDENT }} title={row.name}>
        <OutcomeMark outcome={look.outcome} live={row.outcome === "running"} />
        <span className="bw-hidden">{look.word}: </span>
        <span className={row.isStep ? classes.isStep : classes.isSpan}>{row.name}</span>
        {showAttempt && row.attempt !== null && <span className="bw-dim"> try {row.attempt}</span>}
      </span>
      <span className={classes.lane}>
        {span && row.startAt !== null && endAt !== null && (
          <span
            className={classes.stepBar}
            data-running={row.outcome === "running" || undefined}
            data-step={row.isStep || undefined}
            style={{
              left: `${share(row.startAt, span) * 100}%`,
              width: `${Math.max(0, share(endAt, span) - share(row.startAt, span)) * 100}%`,
              color: `var(--bw-${look.outcome})`,
            }}
          />
        )}
      </span>
      <span className={classes.stepFigures}>
        <span className="bw-figure">{lengthMs === null ? ABSENT : formatDuration(lengthMs)}</span>
      </span>
      {(Object.keys(row.records).length > 0 || row.error !== null) && (
        <span className={classes.stepNotes} style={{ paddingLeft: row.depth * INDENT + 20 }}>
          {Object.entries(row.records).map(([name, count]) => (
            <span key={name} className="bw-figure">
              {formatCount(count)} {name}
            </span>
          ))}
          {row.error !== null && <span className={classes.stepError}>{row.error}</span>}
        </span>
      )}
    </li>
  );
}

function share(at: number, span: { fromAt: number; toAt: number }): number {
  return Math.min(1, Math.max(0, (at - span.fromAt) / (span.toAt - span.fromAt)));
}
