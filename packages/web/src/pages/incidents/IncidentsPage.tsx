/** The incidents: open ones first, each with its job, its facts and whether anybody was told. */
import { SegmentedControl, Select } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { useIncidents } from "../../api/queries.ts";
import type { IncidentSummary } from "../../api/resources.ts";
import { Answer } from "../../components/Answer.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Instant } from "../../components/Instant.tsx";
import { MoreButton } from "../../components/MoreButton.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { factWords, severityLook } from "../../components/outcome.ts";
import { PageHeader } from "../../components/PageHeader.tsx";
import { withParams } from "../../url-state/board-filters.ts";
import { INCIDENT_STATES, readIncidentFilters } from "../../url-state/incident-filters.ts";
import { incidentLink, jobLink } from "../../url-state/links.ts";
import classes from "./incidents.module.css";

const SEVERITIES = ["critical", "warning", "info"];

export function IncidentsPage() {
  const [params, setParams] = useSearchParams();
  const filters = readIncidentFilters(params);
  const incidents = useIncidents(filters);
  const change = (changes: Record<string, string | null>) =>
    setParams((now) => withParams(now, changes), { replace: true });
  return (
    <>
      <PageHeader
        title="Incidents"
        sentence="A job has one open incident at a time; whatever else goes wrong with it meanwhile joins it."
      />
      <div className={classes.filters}>
        <SegmentedControl
          size="xs"
          aria-label="State"
          data={[...INCIDENT_STATES]}
          value={filters.state}
          onChange={(state) => change({ state: state === "open" ? null : state })}
        />
        <Select
          size="xs"
          aria-label="Severity"
          placeholder="Any severity"
          data={SEVERITIES}
          value={filters.severity}
          onChange={(severity) => change({ severity })}
          clearable
        />
      </div>
      <Answer query={incidents}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return (
              <EmptyState>
                {filters.state === "open" ? "No incident is open." : "No incident matches."}
              </EmptyState>
            );
          }
          return (
            <>
              <ul className={classes.list}>
                {items.map((incident) => (
                  <IncidentItem key={incident.id} incident={incident} />
                ))}
              </ul>
              <MoreButton query={incidents} words="Show older incidents" />
            </>
          );
        }}
      </Answer>
    </>
  );
}

function IncidentItem({ incident }: { incident: IncidentSummary }) {
  const open = incident.state === "open";
  const look = severityLook(incident.severity);
  const where = [incident.namespace === "default" ? "" : incident.namespace, incident.environment].filter(
    Boolean,
  );
  return (
    <li
      className={classes.item}
      style={{ borderLeftColor: open ? `var(--bw-${look.outcome})` : "var(--bw-line)" }}
    >
      <div className={classes.main}>
        <Link className={classes.title} to={incidentLink(incident.id)}>
          {incident.title}
        </Link>
        <div className={classes.notes}>
          <Link className="bw-link bw-code" to={jobLink(incident)}>
            {incident.jobName}
          </Link>
          {where.length > 0 && <span>{where.join(" · ")}</span>}
          <span>{incident.factTypes.map(factWords).join(", ")}</span>
          {!incident.notified && <span>nobody was told</span>}
          {incident.resolution !== null && <span>{incident.resolution}</span>}
        </div>
      </div>
      <div className={classes.severity}>
        {open ? <OutcomeBadge look={look} soft /> : <span className="bw-dim">resolved, {look.word}</span>}
      </div>
      <div className={classes.times}>
        {open ? "open since " : "opened "}
        <Instant at={incident.openedAt} />
        {incident.resolvedAt !== null && (
          <>
            , resolved <Instant at={incident.resolvedAt} />
          </>
        )}
      </div>
    </li>
  );
}
