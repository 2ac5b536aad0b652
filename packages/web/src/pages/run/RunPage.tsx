/** One run from end to end: what became of it, its way in time, its steps, logs and figures, and what was judged of it. */
import { failureText } from "@batchwatch/protocol/failure-text";
import { isExecutingPhase, PHASE_SENTENCES } from "@batchwatch/protocol/phases";
import { Link, useParams, useSearchParams } from "react-router";
import { useJob, useRun } from "../../api/queries.ts";
import type { RunDetail } from "../../api/resources.ts";
import { JobZone } from "../../clock/zone-choice.ts";
import { Answer } from "../../components/Answer.tsx";
import { JudgementList } from "../../components/JudgementList.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { phaseLook } from "../../components/outcome.ts";
import { PageHeader } from "../../components/PageHeader.tsx";
import { Panel } from "../../components/Panel.tsx";
import columns from "../../components/two-columns.module.css";
import { jobLink, type RunAddress, readRunAddress, runLink } from "../../url-state/links.ts";
import { PhaseBar } from "./PhaseBar.tsx";
import { RunAttempts } from "./RunAttempts.tsx";
import { RunEvents } from "./RunEvents.tsx";
import { RunLogs } from "./RunLogs.tsx";
import { RunSide } from "./RunSide.tsx";
import { RunSteps } from "./RunSteps.tsx";
import classes from "./run.module.css";

export function RunPage() {
  const { runId = "" } = useParams();
  const [params] = useSearchParams();
  const address = readRunAddress(runId, params);
  const run = useRun(address);
  const job = useJob(run.data ?? null);
  return (
    <JobZone value={job.data?.timezone ?? null}>
      <PageHeader
        title={runId}
        code
        trail={<Trail run={run.data ?? null} />}
        badge={
          run.data && (
            <OutcomeBadge look={phaseLook(run.data.phase)} soft live={isExecutingPhase(run.data.phase)} />
          )
        }
        sentence={run.data && runSentence(run.data)}
        actions={run.data && <Neighbours run={run.data} />}
      />
      <Answer query={run} rows={6}>
        {(data) => <RunBody run={data} address={address} usualMs={job.data?.usualDurationMs ?? null} />}
      </Answer>
    </JobZone>
  );
}

function Trail({ run }: { run: RunDetail | null }) {
  return (
    <>
      <Link className="bw-link" to="/">
        Board
      </Link>
      {run && (
        <>
          {" / "}
          <Link className="bw-link" to={`/?namespace=${encodeURIComponent(run.namespace)}`}>
            {run.namespace}
          </Link>
          {run.environment !== "" && ` / ${run.environment}`}
          {" / "}
          <Link className="bw-link bw-code" to={jobLink(run)}>
            {run.jobName}
          </Link>
        </>
      )}
    </>
  );
}

function Neighbours({ run }: { run: RunDetail }) {
  return (
    <nav className={classes.neighbours} aria-label="Other runs of this job">
      {run.previousRunId === null ? (
        <span className="bw-dim">first run</span>
      ) : (
        <Link className="bw-link" to={runLink(run, run.previousRunId)}>
          ← Previous run
        </Link>
      )}
      {run.nextRunId === null ? (
        <span className="bw-dim">latest run</span>
      ) : (
        <Link className="bw-link" to={runLink(run, run.nextRunId)}>
          Next run →
        </Link>
      )}
    </nav>
  );
}

function RunBody({ run, address, usualMs }: { run: RunDetail; address: RunAddress; usualMs: number | null }) {
  const open = run.violations.filter((judgement) => judgement.state === "open");
  const resolved = run.violations.filter((judgement) => judgement.state === "resolved");
  return (
    <div className={columns.columns}>
      <div className={columns.column}>
        {run.violations.length > 0 && (
          <Panel title={open.length > 0 ? "What is wrong" : "What was wrong"}>
            <JudgementList judgements={[...open, ...resolved]} />
          </Panel>
        )}
        <Panel title="Phases">
          <PhaseBar run={run} usualMs={usualMs} />
        </Panel>
        {run.attempts.length > 1 && <RunAttempts attempts={run.attempts} />}
        <RunSteps run={run} address={address} />
        <RunLogs run={run} address={address} />
        <RunEvents run={run} address={address} />
      </div>
      <div className={columns.column}>
        <RunSide run={run} />
      </div>
    </div>
  );
}

/** The error in the run's own words, else what its phase means. */
function runSentence(run: RunDetail): string {
  const failure = failureText(run);
  const parts = [failure === null ? PHASE_SENTENCES[run.phase] : ended(failure)];
  if (run.degraded) parts.push("A step failed all the same.");
  if (run.conflict) parts.push("Its witnesses disagree about the outcome.");
  return parts.join(" ");
}

function ended(text: string): string {
  // A type's name keeps its letters; our own words begin a sentence.
  const sentence = text.replace(
    /^(exit code|killed by) /,
    (words) => words.charAt(0).toUpperCase() + words.slice(1),
  );
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
