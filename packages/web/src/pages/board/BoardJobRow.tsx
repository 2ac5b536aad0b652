/** One job on the board: how it is, its name and the sentence, its strip, what is next, what was last. */
import { Link } from "react-router";
import type { JobSummary } from "../../api/resources.ts";
import { RunStrip } from "../../charts/run-strip/RunStrip.tsx";
import { Duration, ElapsedDuration } from "../../components/Duration.tsx";
import { Instant } from "../../components/Instant.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { healthLook, severityLook } from "../../components/outcome.ts";
import { incidentLink, jobLink } from "../../url-state/links.ts";
import classes from "./board.module.css";
import { timesUsual, usualWords } from "./board-rows.ts";

/** The ratio from which a duration is worth a colour. */
const LONG_RATIO = 1.5;

export function BoardJobRow({ job, roomy }: { job: JobSummary; roomy: boolean }) {
  const where = [job.namespace === "default" ? "" : job.namespace, job.environment]
    .filter(Boolean)
    .join(" · ");
  return (
    <>
      <Cell name="health">
        <OutcomeBadge look={healthLook(job.health)} live={job.runningCount > 0 && job.health === "running"} />
      </Cell>
      <Cell name="job">
        <div className={classes.names}>
          <Link className={classes.jobLink} to={jobLink(job)}>
            {job.jobName}
          </Link>
          {where !== "" && <span className={classes.where}>{where}</span>}
          {job.openIncidentId !== null && (
            <IncidentChip id={job.openIncidentId} severity={job.openIncidentSeverity} />
          )}
          {!roomy && (
            <span className={classes.inlineSentence} title={job.healthReason}>
              {job.healthReason}
            </span>
          )}
        </div>
        <div className={roomy ? classes.sentence : classes.cardSentence} title={job.healthReason}>
          {job.healthReason}
        </div>
      </Cell>
      <Cell name="strip">
        <RunStrip
          job={job}
          bars={job.strip}
          usualMs={job.usualDurationMs}
          p95Ms={job.p95DurationMs}
          jobZone={job.timezone}
        />
      </Cell>
      <Cell name="next">
        <Instant at={job.nextSlotAt} jobZone={job.timezone} />
      </Cell>
      <Cell name="last">
        <Instant at={job.lastRun?.startedAt ?? job.lastRun?.lastEventAt ?? null} jobZone={job.timezone} />
      </Cell>
      <Cell name="took">
        <Took job={job} />
      </Cell>
    </>
  );
}

function IncidentChip({ id, severity }: { id: string; severity: JobSummary["openIncidentSeverity"] }) {
  const { outcome, word } = severityLook(severity ?? "critical");
  return (
    <Link
      className={classes.incident}
      to={incidentLink(id)}
      title={`Open incident, ${word}`}
      style={{ color: `var(--bw-${outcome}-text)`, background: `var(--bw-${outcome}-soft)` }}
    >
      incident
      {severity !== "critical" && `, ${word}`}
    </Link>
  );
}

function Took({ job }: { job: JobSummary }) {
  const run = job.lastRun;
  if (run?.completedAt === null && run.startedAt !== null) return <ElapsedDuration since={run.startedAt} />;
  const ratio = timesUsual(job);
  const words = usualWords(ratio);
  return (
    <>
      <Duration ms={run?.durationMs ?? null} />
      {words !== null && words !== "usual" && (
        <span className={classes.ratio} data-long={(ratio ?? 0) >= LONG_RATIO || undefined}>
          {words}
        </span>
      )}
    </>
  );
}

function Cell({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the row is no HTML table row (BoardList says why).
    <div role="cell" className={classes[name]}>
      {children}
    </div>
  );
}
