/** The dashboards there are, the shipped ones and one's own, and what is wrong with their files. */
import { Link } from "react-router";
import { useDashboards } from "../../api/queries.ts";
import type { DashboardSummary } from "../../api/resources.ts";
import { Answer } from "../../components/Answer.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { PageHeader } from "../../components/PageHeader.tsx";
import { plural } from "../../format/count.ts";
import { dashboardLink } from "../../url-state/links.ts";
import classes from "./dashboards.module.css";
import { FileProblems } from "./FileProblems.tsx";

export default function DashboardsPage() {
  const dashboards = useDashboards();
  return (
    <>
      <PageHeader
        title="Dashboards"
        sentence={
          <>
            YAML files in <code>dashboards/</code> beside the configuration appear here by themselves.
          </>
        }
      />
      <Answer query={dashboards}>
        {({ items, problems }) => (
          <>
            <FileProblems problems={problems} />
            {items.length === 0 ? (
              <EmptyState>There is no dashboard. Put a YAML file into dashboards/.</EmptyState>
            ) : (
              <ul className={classes.list}>
                {items.map((dashboard) => (
                  <DashboardCard key={dashboard.name} dashboard={dashboard} />
                ))}
              </ul>
            )}
          </>
        )}
      </Answer>
    </>
  );
}

function DashboardCard({ dashboard }: { dashboard: DashboardSummary }) {
  return (
    <li className={classes.card}>
      <h2>
        <Link to={dashboardLink(dashboard.name)}>{dashboard.title}</Link>
      </h2>
      {dashboard.description !== null && <p>{dashboard.description}</p>}
      <p className={classes.cardFacts}>
        <span>{plural(dashboard.panelCount, "panel")}</span>
        <span title={dashboard.file}>{dashboard.source === "shipped" ? "shipped" : dashboard.file}</span>
        {dashboard.tags.length > 0 && <span>{dashboard.tags.join(", ")}</span>}
      </p>
    </li>
  );
}
