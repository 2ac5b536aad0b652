/** One panel in its states: not yet in view, on its way, failed (in its place, the others go on), empty, and there. */
import { useIntersection } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import type { DashboardPanel } from "../../api/resources.ts";
import { ExpressionError } from "../../components/ExpressionError.tsx";
import { LoadingRows } from "../../components/LoadingRows.tsx";
import { Panel } from "../../components/Panel.tsx";
import { exploreLink } from "../../url-state/links.ts";
import type { Period } from "../../url-state/time-range.ts";
import type { DashboardState } from "./dashboard-state.ts";
import classes from "./dashboards.module.css";
import { fillQuery } from "./fill-query.ts";
import { PanelBody } from "./PanelBody.tsx";
import { PanelQueryError, usePanelData } from "./panel-data.ts";

interface Props {
  panel: DashboardPanel;
  state: DashboardState;
  onPick: (period: Period) => void;
}

export function PanelView({ panel, state, onPick }: Props) {
  const { ref, entry } = useIntersection({ rootMargin: "300px" });
  const [seen, setSeen] = useState(false);
  const inView = entry?.isIntersecting === true;
  useEffect(() => {
    if (inView) setSeen(true);
  }, [inView]);
  return (
    <div
      ref={ref}
      className={classes.cell}
      style={{ "--columns": panel.width } as React.CSSProperties}
      data-type={panel.type}
    >
      <Panel title={panel.title} aside={<Explore panel={panel} state={state} />}>
        {panel.description !== null && <p className={classes.description}>{panel.description}</p>}
        <div className={classes.body}>
          <PanelContent panel={panel} state={state} onPick={onPick} enabled={seen} />
        </div>
      </Panel>
    </div>
  );
}

/** The first query as it is written, with the jobs put in, to go on from. */
function Explore({ panel, state }: { panel: DashboardPanel; state: DashboardState }) {
  const query = fillQuery(panel.queries[0]?.query ?? "", {
    jobs: state.jobs,
    rangeMs: 3_600_000,
    stepMs: 60_000,
  });
  return (
    <Link
      className={`bw-link ${classes.explore}`}
      to={exploreLink(query, state.range)}
      aria-label={`Explore: ${panel.title}`}
    >
      Explore
    </Link>
  );
}

function PanelContent({ panel, state, onPick, enabled }: Props & { enabled: boolean }) {
  const answer = usePanelData(panel, state, enabled);
  const { data, error } = answer;
  const failure =
    error === null ? null : (
      <ExpressionError
        error={error instanceof PanelQueryError ? error.reason : error}
        query={error instanceof PanelQueryError ? error.query : ""}
        onRetry={() => void answer.refetch()}
      />
    );
  // A new range or choice that fails shows no old picture, which would pass for the new one.
  if (failure !== null && (data === undefined || answer.isPlaceholderData)) return failure;
  if (data === undefined) return <LoadingRows rows={4} />;
  return (
    <>
      {failure}
      <div className={classes.answer} data-old={answer.isPlaceholderData || failure !== null || undefined}>
        <PanelBody panel={panel} data={data} onPick={onPick} />
      </div>
      {data.notices.length > 0 && <p className={classes.notice}>{data.notices.join("; ")}</p>}
    </>
  );
}
