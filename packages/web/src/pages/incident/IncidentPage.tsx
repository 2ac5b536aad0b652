/** One incident: what is wrong, since when, what happened in order, and who was told, with proof. */
import { Link, useParams } from "react-router";
import { useIncident, useJob } from "../../api/queries.ts";
import type { IncidentDetail } from "../../api/resources.ts";
import { JobZone } from "../../clock/zone-choice.ts";
import { Answer } from "../../components/Answer.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { type Fact, Facts } from "../../components/Facts.tsx";
import { Instant } from "../../components/Instant.tsx";
import { JudgementList } from "../../components/JudgementList.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { severityLook } from "../../components/outcome.ts";
import { PageHeader } from "../../components/PageHeader.tsx";
import { Panel } from "../../components/Panel.tsx";
import columns from "../../components/two-columns.module.css";
import { jobLink, runLink } from "../../url-state/links.ts";
import { Deliveries } from "./Deliveries.tsx";
import classes from "./incident.module.css";

export function IncidentPage() {
  const { incidentId = "" } = useParams();
  const incident = useIncident(incidentId);
  const job = useJob(incident.data ?? null);
  return (
    <JobZone value={job.data?.timezone ?? null}>
      <PageHeader
        title={incident.data?.title ?? `Incident ${incidentId}`}
        trail={
          <>
            <Link className="bw-link" to="/incidents">
              Incidents
            </Link>
            {" / "}
            {incidentId}
          </>
        }
        badge={incident.data && <StateBadge incident={incident.data} />}
        sentence={incident.data && <StateSentence incident={incident.data} />}
      />
      <Answer query={incident} rows={6}>
        {(data) => <IncidentBody incident={data} />}
      </Answer>
    </JobZone>
  );
}

function StateBadge({ incident }: { incident: IncidentDetail }) {
  return incident.state === "open" ? (
    <OutcomeBadge look={severityLook(incident.severity)} soft />
  ) : (
    <OutcomeBadge look={{ outcome: "success", word: "resolved" }} soft />
  );
}

function StateSentence({ incident }: { incident: IncidentDetail }) {
  return (
    <>
      {incident.state === "open" ? "Open since " : "Opened "}
      <Instant at={incident.openedAt} show="seconds" /> (<Instant at={incident.openedAt} />)
      {incident.resolvedAt !== null && (
        <>
          , resolved <Instant at={incident.resolvedAt} show="seconds" />
          {incident.resolution !== null && `: ${incident.resolution}`}
        </>
      )}
      . {incident.notified ? "" : "Nobody was told."}
    </>
  );
}

function IncidentBody({ incident }: { incident: IncidentDetail }) {
  return (
    <div className={columns.columns}>
      <div className={columns.column}>
        <Panel title={incident.state === "open" ? "What is wrong" : "What was wrong"}>
          <JudgementList judgements={incident.facts} inIncident />
        </Panel>
        <Panel title="Deliveries">
          <Deliveries deliveries={incident.deliveries} />
        </Panel>
      </div>
      <div className={columns.column}>
        <Panel title="About">
          <Facts stacked facts={aboutFacts(incident)} />
        </Panel>
        <Panel title="Timeline">
          {incident.timeline.length === 0 ? (
            <EmptyState>Nothing has happened since it opened.</EmptyState>
          ) : (
            <ol className={classes.timeline}>
              {incident.timeline.map((entry, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: entries only ever come at the end.
                <li key={index}>
                  <span className={classes.when}>
                    <Instant at={entry.at} show="seconds" bare />
                  </span>
                  <span>{entry.text}</span>
                </li>
              ))}
            </ol>
          )}
        </Panel>
        <Panel title="Labels">
          <Facts stacked facts={Object.entries(incident.labels).map(([name, value]) => ({ name, value }))} />
        </Panel>
        {Object.keys(incident.annotations).length > 0 && (
          <Panel title="Annotations">
            <Facts
              stacked
              facts={Object.entries(incident.annotations).map(([name, value]) => ({ name, value }))}
            />
          </Panel>
        )}
      </div>
    </div>
  );
}

function aboutFacts(incident: IncidentDetail): Fact[] {
  const facts: Fact[] = [
    {
      name: "Job",
      value: (
        <Link className="bw-link bw-code" to={jobLink(incident)}>
          {incident.jobName}
        </Link>
      ),
    },
  ];
  if (incident.runId !== null) {
    facts.push({
      name: "Run",
      value: (
        <Link className="bw-link bw-code" to={runLink(incident, incident.runId)}>
          {incident.runId}
        </Link>
      ),
    });
  }
  if (incident.slotAt !== null)
    facts.push({ name: "Slot", value: <Instant at={incident.slotAt} show="clock" /> });
  facts.push({ name: "Alert", value: <code>{incident.alertName}</code> });
  return facts;
}
