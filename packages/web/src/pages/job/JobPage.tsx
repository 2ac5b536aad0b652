/** One job: how it is, its history, its settings and where each came from, what comes next, and how to ping it. */
import { Link, useParams, useSearchParams } from "react-router";
import { useJob } from "../../api/queries.ts";
import type { JobKey } from "../../api/query-keys.ts";
import type { JobDetail } from "../../api/resources.ts";
import { RunStrip } from "../../charts/run-strip/RunStrip.tsx";
import { JobZone } from "../../clock/zone-choice.ts";
import { Answer } from "../../components/Answer.tsx";
import { Duration } from "../../components/Duration.tsx";
import { type Fact, Facts } from "../../components/Facts.tsx";
import { Instant } from "../../components/Instant.tsx";
import { JudgementList } from "../../components/JudgementList.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { healthLook } from "../../components/outcome.ts";
import { PageHeader } from "../../components/PageHeader.tsx";
import { Panel } from "../../components/Panel.tsx";
import columns from "../../components/two-columns.module.css";
import { dashboardLink, incidentLink } from "../../url-state/links.ts";
import { HistoryChart } from "./HistoryChart.tsx";
import { HowToPing } from "./HowToPing.tsx";
import { JobRuns } from "./JobRuns.tsx";
import { JobSettings } from "./JobSettings.tsx";
import { UpcomingSlots } from "./UpcomingSlots.tsx";

export function JobPage() {
  const { namespace = "", jobName = "" } = useParams();
  const [params] = useSearchParams();
  const key: JobKey = { namespace, jobName, environment: params.get("environment") ?? "" };
  const job = useJob(key);
  return (
    <JobZone value={job.data?.timezone ?? null}>
      <PageHeader
        title={jobName}
        code
        trail={<Trail job={key} />}
        badge={job.data && <OutcomeBadge look={healthLook(job.data.health)} soft />}
        sentence={job.data?.healthReason}
        actions={
          <Link className="bw-link" to={dashboardLink("job-health", jobName)}>
            Metrics
          </Link>
        }
      />
      <Answer query={job} rows={6}>
        {(data) => <JobBody job={data} />}
      </Answer>
    </JobZone>
  );
}

function Trail({ job }: { job: JobKey }) {
  return (
    <>
      <Link className="bw-link" to="/">
        Board
      </Link>
      {" / "}
      <Link className="bw-link" to={`/?namespace=${encodeURIComponent(job.namespace)}`}>
        {job.namespace}
      </Link>
      {job.environment !== "" && ` / ${job.environment}`}
    </>
  );
}

function JobBody({ job }: { job: JobDetail }) {
  return (
    <div className={columns.columns}>
      <div className={columns.column}>
        {job.openFacts.length > 0 && (
          <Panel title="What is wrong">
            <JudgementList judgements={job.openFacts} />
          </Panel>
        )}
        <Panel title="Last 30 runs" aside="height = duration, dotted line = usual">
          <RunStrip
            job={job}
            bars={job.strip}
            usualMs={job.usualDurationMs}
            p95Ms={job.p95DurationMs}
            jobZone={job.timezone}
            large
          />
        </Panel>
        <HistoryChart job={job} />
        <JobRuns job={job} />
      </div>
      <div className={columns.column}>
        <Panel title="About">
          <Facts stacked facts={aboutFacts(job)} />
        </Panel>
        {job.upcomingSlots.length > 0 && (
          <Panel title="Next slots">
            <UpcomingSlots slots={job.upcomingSlots} />
          </Panel>
        )}
        <JobSettings settings={job.settings} />
        <HowToPing job={job} />
      </div>
    </div>
  );
}

function aboutFacts(job: JobDetail): Fact[] {
  const facts: Fact[] = [
    { name: "Schedule", value: job.schedule ?? "none known" },
    { name: "Last success", value: <Instant at={job.lastSuccessAt} absent="never" /> },
    { name: "Usual duration", value: <Duration ms={job.usualDurationMs} /> },
    { name: "95 % are within", value: <Duration ms={job.p95DurationMs} /> },
  ];
  if (job.nextDeadline) {
    facts.push({ name: "Next deadline", value: <Deadline deadline={job.nextDeadline} /> });
  }
  if (job.openIncidentId !== null) {
    facts.push({
      name: "Open incident",
      value: (
        <Link className="bw-link" to={incidentLink(job.openIncidentId)}>
          Incident {job.openIncidentId}
        </Link>
      ),
    });
  }
  if (job.jobType !== null) facts.push({ name: "Type", value: job.jobType });
  if (job.owner !== null) facts.push({ name: "Owner", value: job.owner });
  if (job.description !== null) facts.push({ name: "Description", value: job.description });
  if (job.runbook !== null) facts.push({ name: "Runbook", value: <Runbook text={job.runbook} /> });
  const tags = Object.entries(job.tags);
  if (tags.length > 0)
    facts.push({ name: "Tags", value: tags.map(([name, value]) => `${name}=${value}`).join(", ") });
  if (job.observeOnly) facts.push({ name: "Observe only", value: "judged, but nobody is notified" });
  facts.push({ name: "First seen", value: <Instant at={job.firstSeenAt} /> });
  return facts;
}

function Deadline({ deadline }: { deadline: NonNullable<JobDetail["nextDeadline"]> }) {
  return (
    <>
      <Instant at={deadline.dueAt} />
      <div className="bw-dim">{deadline.explanation}</div>
    </>
  );
}

/** Only an http(s) address becomes a link. */
function Runbook({ text }: { text: string }) {
  if (!/^https?:\/\//i.test(text)) return text;
  return (
    <a className="bw-link" href={text} rel="noreferrer" target="_blank">
      {text}
    </a>
  );
}
