/** One dashboard: its panels over one range of time, narrowed to jobs. All of that stands in the address. */
import { useCallback, useMemo } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useDashboard } from "../../api/queries.ts";
import type { DashboardDetail } from "../../api/resources.ts";
import { Answer } from "../../components/Answer.tsx";
import { PageHeader } from "../../components/PageHeader.tsx";
import { TimeControls } from "../../components/TimeControls.tsx";
import { absoluteRange, type Period, type TimeRange } from "../../url-state/time-range.ts";
import { readDashboardState } from "./dashboard-state.ts";
import classes from "./dashboards.module.css";
import { FileProblems } from "./FileProblems.tsx";
import { JobChoice } from "./JobChoice.tsx";
import { PanelView } from "./PanelView.tsx";
import { RefreshControls } from "./RefreshControls.tsx";

export default function DashboardPage() {
  const { name = "" } = useParams();
  const dashboard = useDashboard(name);
  return (
    <>
      <PageHeader
        title={dashboard.data?.title ?? name}
        trail={
          <Link className="bw-link" to="/dashboards">
            Dashboards
          </Link>
        }
        sentence={dashboard.data?.description}
      />
      <Answer query={dashboard} rows={6}>
        {(data) => <DashboardBody dashboard={data} />}
      </Answer>
    </>
  );
}

function DashboardBody({ dashboard }: { dashboard: DashboardDetail }) {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => readDashboardState(params, dashboard), [params, dashboard]);
  const changeRange = useCallback(
    ({ from, to }: TimeRange) =>
      setParams((now) => {
        const next = new URLSearchParams(now);
        next.set("from", from);
        next.set("to", to);
        return next;
      }),
    [setParams],
  );
  const pick = useCallback((period: Period) => changeRange(absoluteRange(period)), [changeRange]);
  return (
    <>
      <FileProblems problems={dashboard.problems} />
      <div className={classes.controls}>
        <JobChoice
          jobs={state.jobs}
          range={state.range}
          onChange={(jobs) =>
            setParams((now) => {
              const next = new URLSearchParams(now);
              next.delete("job");
              for (const job of jobs) next.append("job", job);
              return next;
            })
          }
        />
        <TimeControls range={state.range} onChange={changeRange} />
        <RefreshControls
          refreshMs={state.refreshMs}
          usualMs={dashboard.refreshMs}
          onChange={(refresh) =>
            setParams(
              (now) => {
                const next = new URLSearchParams(now);
                if (refresh === null) next.delete("refresh");
                else next.set("refresh", refresh);
                return next;
              },
              { replace: true },
            )
          }
        />
      </div>
      <div className={classes.grid}>
        {dashboard.panels.map((panel, index) => (
          <PanelView
            // biome-ignore lint/suspicious/noArrayIndexKey: two panels may be the same but for their place.
            key={`${index} ${panel.title}`}
            panel={panel}
            state={state}
            onPick={pick}
          />
        ))}
      </div>
    </>
  );
}
