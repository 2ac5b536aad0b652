/** A panel's answer by its type; a sentence where there is nothing to draw. */

import { isRangePanel } from "@batchwatch/protocol/dashboard-panels";
import type { DashboardPanel } from "../../api/resources.ts";
import { useZone } from "../../clock/zone-choice.ts";
import { KeptFor } from "../../components/KeptFor.tsx";
import { formatInstant } from "../../format/instant.ts";
import type { Period } from "../../url-state/time-range.ts";
import classes from "./dashboards.module.css";
import type { PanelData } from "./panel-data.ts";
import { HeatmapPanel } from "./panels/HeatmapPanel.tsx";
import { PiechartPanel } from "./panels/PiechartPanel.tsx";
import { StateTimelinePanel } from "./panels/StateTimelinePanel.tsx";
import { StatPanel } from "./panels/StatPanel.tsx";
import { TablePanel } from "./panels/TablePanel.tsx";
import { TimeseriesPanel } from "./panels/TimeseriesPanel.tsx";

export interface PanelProps {
  panel: DashboardPanel;
  data: PanelData;
  onPick: (period: Period) => void;
}

export function PanelBody(props: PanelProps) {
  const { panel, data } = props;
  const values = [
    ...data.series.flatMap(({ values: own }) => own),
    ...data.samples.map(({ value }) => value),
  ];
  if (values.length === 0) return <NoData period={data.period} atEnd={!isRangePanel(panel.type)} />;
  if (values.every(Number.isNaN))
    return <p className={classes.empty}>Every value is NaN: a division of nothing by nothing, for one.</p>;
  switch (panel.type) {
    case "timeseries":
      return <TimeseriesPanel {...props} />;
    case "stat":
      return <StatPanel {...props} />;
    case "table":
      return <TablePanel {...props} />;
    case "heatmap":
      return <HeatmapPanel {...props} />;
    case "piechart":
      return <PiechartPanel {...props} />;
    case "state-timeline":
      return <StateTimelinePanel {...props} />;
  }
}

function NoData({ period, atEnd }: { period: Period; atEnd: boolean }) {
  const zone = useZone();
  const words = (at: number) => formatInstant(at, { zone, nowAt: Date.now() });
  return (
    <p className={classes.empty}>
      {atEnd
        ? `The query gives nothing at ${words(period.to)}.`
        : `No data from ${words(period.from)} to ${words(period.to)}.`}{" "}
      <KeptFor kind="samplesMs" what="Samples" since={new Date(period.from).toISOString()} />
    </p>
  );
}
