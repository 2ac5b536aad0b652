/** A state timeline: a row for each series, a bar for as long as a state lasted, in its colour and with its word. */
import { formatDuration } from "../../format/duration.ts";
import type { SchemeTokens } from "../../theme/tokens.ts";
import type { ChartOption } from "../echarts-theme.ts";
import { hoverBox } from "../hover-box.ts";
import { indexOf } from "./heatmap-option.ts";
import { rectItem } from "./rect-item.ts";
import type { StateSegment } from "./state-segments.ts";
import { type AxisPeriod, hoverInstant, timeAxis } from "./time-axis.ts";

interface StateRow {
  name: string;
  segments: readonly (StateSegment & { color: string; word: string })[];
}

export interface StateTimelinePlan {
  /** The first on top. */
  rows: readonly StateRow[];
  period: AxisPeriod;
  zone: string;
}

const WIDE_PX = 560;

export function stateTimelinePlot(width: number) {
  return { left: width > WIDE_PX ? 180 : 112, right: 16, top: 8, bottom: 24 };
}

export function stateTimelineOption(
  { rows, period, zone }: StateTimelinePlan,
  tokens: SchemeTokens,
  width: number,
): ChartOption {
  const plot = stateTimelinePlot(width);
  const bars = rows.flatMap((row, index) => row.segments.map((segment) => ({ ...segment, index, row })));
  return {
    animation: false,
    grid: plot,
    xAxis: timeAxis(period, zone, width - plot.left - plot.right),
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { interval: 0, width: plot.left - 12, overflow: "truncate" },
    },
    tooltip: {
      trigger: "item",
      confine: true,
      formatter: (item: unknown) => {
        const bar = bars[indexOf(item)];
        if (bar === undefined) return "";
        return hoverBox(bar.row.name, [
          { color: bar.color, text: bar.word, value: formatDuration(bar.to - bar.from) },
          { text: `${hoverInstant(bar.from, zone)} – ${hoverInstant(bar.to, zone)}` },
        ]);
      },
    },
    series: [
      {
        type: "custom",
        renderItem: rectItem(0.7, (index) => ({ fill: bars[index]?.color ?? tokens.dim })),
        encode: { x: [0, 1], y: 2 },
        data: bars.map(({ from, to, index }) => [from, to, index]),
        clip: true,
      },
    ],
  };
}
