/** The drawing of a panel, by its type. Loaded when the first panel with one comes into view. */
import { useCallback } from "react";
import type { Period } from "../../url-state/time-range.ts";
import { EChart } from "../EChart.tsx";
import { type Scheme, tokensOf } from "../echarts-theme.ts";
import { HEATMAP_PLOT, type HeatmapPlan, heatmapOption } from "./heatmap-option.ts";
import { type DrawnSlice, pieOption } from "./pie-option.ts";
import { type StateTimelinePlan, stateTimelineOption, stateTimelinePlot } from "./state-timeline-option.ts";
import { TIMESERIES_PLOT, type TimeseriesPlan, timeseriesOption } from "./timeseries-option.ts";

export type ChartPlan =
  | { kind: "timeseries"; plan: TimeseriesPlan }
  | { kind: "heatmap"; plan: HeatmapPlan }
  | { kind: "state-timeline"; plan: StateTimelinePlan }
  | { kind: "piechart"; slices: readonly DrawnSlice[]; sum: string };

interface Props {
  /** The same object for as long as nothing has changed. */
  chart: ChartPlan;
  className: string;
  label: string;
  onPick: (picked: Period) => void;
}

export default function PanelChart({ chart, className, label, onPick }: Props) {
  const draw = useCallback((scheme: Scheme, width: number) => optionFor(chart, scheme, width), [chart]);
  const plot = timePlotOf(chart);
  return (
    <EChart
      draw={draw}
      className={className}
      label={label}
      {...(plot !== null && { timePlot: { ...plot, onPick } })}
    />
  );
}

function optionFor(chart: ChartPlan, scheme: Scheme, width: number) {
  const tokens = tokensOf(scheme);
  switch (chart.kind) {
    case "timeseries":
      return timeseriesOption(chart.plan, tokens, width);
    case "heatmap":
      return heatmapOption(chart.plan, tokens, width);
    case "state-timeline":
      return stateTimelineOption(chart.plan, tokens, width);
    case "piechart":
      return pieOption(chart.slices, chart.sum, tokens);
  }
}

function timePlotOf(chart: ChartPlan) {
  switch (chart.kind) {
    case "timeseries":
      return { ...edges(TIMESERIES_PLOT), ...chart.plan.period };
    case "heatmap":
      return { ...edges(HEATMAP_PLOT), ...chart.plan.period };
    case "state-timeline":
      return { ...edges(stateTimelinePlot), ...chart.plan.period };
    case "piechart":
      return null;
  }
}

type Edges = { left: number; right: number };

function edges(plot: Edges | ((width: number) => Edges)): { edges: (width: number) => Edges } {
  return { edges: typeof plot === "function" ? plot : () => plot };
}
