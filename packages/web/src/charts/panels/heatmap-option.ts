/** A heatmap: time along, rows (the buckets of a histogram, or series) up; darker is more. */
import type { PanelUnit } from "@batchwatch/protocol";
import { formatValue } from "../../format/value.ts";
import type { SchemeTokens } from "../../theme/tokens.ts";
import type { ChartOption } from "../echarts-theme.ts";
import { hoverBox } from "../hover-box.ts";
import { heatColor, highestOf } from "./heat-color.ts";
import type { Heatmap } from "./heatmap-cells.ts";
import { rectItem } from "./rect-item.ts";
import { type AxisPeriod, hoverInstant, timeAxis } from "./time-axis.ts";

export interface HeatmapPlan {
  heatmap: Heatmap;
  period: AxisPeriod;
  stepMs: number;
  /** Of what is counted: rows of buckets are counted in no unit. */
  valueUnit: PanelUnit;
  zone: string;
}

export const HEATMAP_PLOT = { left: 76, right: 16, top: 8, bottom: 24 } as const;

export function heatmapOption(plan: HeatmapPlan, tokens: SchemeTokens, width: number): ChartOption {
  const { heatmap, period, stepMs, zone } = plan;
  const most = highestOf(heatmap);
  const fills = heatmap.cells.map(({ value }) => heatColor(value / most, tokens));
  return {
    animation: false,
    grid: HEATMAP_PLOT,
    xAxis: timeAxis(period, zone, width - HEATMAP_PLOT.left - HEATMAP_PLOT.right),
    yAxis: {
      type: "category",
      data: heatmap.rows.map(({ name }) => name),
      axisTick: { show: false },
      axisLabel: { hideOverlap: true, width: HEATMAP_PLOT.left - 12, overflow: "truncate" },
    },
    tooltip: {
      trigger: "item",
      confine: true,
      formatter: (item: unknown) => {
        const cell = heatmap.cells[indexOf(item)];
        if (cell === undefined) return "";
        const text = heatmap.rows[cell.row]?.name ?? "";
        return hoverBox(hoverInstant(cell.at, zone), [
          { text, value: formatValue(cell.value, { unit: plan.valueUnit, zone }) },
        ]);
      },
    },
    series: [
      {
        type: "custom",
        renderItem: rectItem(1, (index) => ({ fill: fills[index] ?? tokens.accentText })),
        encode: { x: [0, 1], y: 2 },
        data: heatmap.cells.map(({ at, row, value }) => [at, at + stepMs, row, value]),
        clip: true,
      },
    ],
  };
}

export function indexOf(item: unknown): number {
  return typeof item === "object" && item !== null && "dataIndex" in item ? Number(item.dataIndex) : -1;
}
