/** A line chart over time: gaps stay gaps, a lone point is a dot, thresholds are lines across. Pure but for the hover's nodes. */
import type { PanelUnit } from "@batchwatch/protocol";
import type { RangeSeries } from "../../api/prometheus.ts";
import { formatValue } from "../../format/value.ts";
import type { SchemeTokens } from "../../theme/tokens.ts";
import { durationAxis } from "../duration-axis.ts";
import type { ChartOption } from "../echarts-theme.ts";
import { hoverBox } from "../hover-box.ts";
import type { SeriesLook } from "./series-look.ts";
import { colorOf, type Threshold } from "./threshold-look.ts";
import { type AxisPeriod, hoverInstant, timeAxis } from "./time-axis.ts";

interface DrawnSeries extends RangeSeries {
  name: string;
  look: SeriesLook;
}

export interface TimeseriesPlan {
  series: readonly DrawnSeries[];
  period: AxisPeriod;
  stepMs: number;
  unit: PanelUnit;
  decimals: number | null;
  min: number | null;
  max: number | null;
  stack: boolean;
  thresholds: readonly Threshold[];
  zone: string;
}

export const TIMESERIES_PLOT = { left: 64, right: 16, top: 12, bottom: 24 } as const;

export function timeseriesOption(plan: TimeseriesPlan, tokens: SchemeTokens, width: number): ChartOption {
  const { series, period, stepMs, zone, stack } = plan;
  const words = (value: number) => formatValue(value, { unit: plan.unit, decimals: plan.decimals, zone });
  const drawn = stack ? filledUp(series) : series;
  const lines = drawn.map((one) => ({ one, ...linePoints(one, stepMs) }));
  return {
    animation: false,
    grid: TIMESERIES_PLOT,
    xAxis: timeAxis(period, zone, width - TIMESERIES_PLOT.left - TIMESERIES_PLOT.right),
    yAxis: valueAxis(plan, words),
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { type: "line", lineStyle: { color: tokens.dim, type: "dotted" } },
      formatter: (items: unknown) => hover(items, series, words, zone),
    },
    series: [
      ...lines.map(({ one, points, lone }) => ({
        type: "line",
        name: one.name,
        data: points,
        connectNulls: false,
        showSymbol: lone.size > 0,
        symbol: "circle",
        symbolSize: (_value: unknown, { dataIndex }: { dataIndex: number }) => (lone.has(dataIndex) ? 5 : 0),
        ...(stack && { stack: "all", areaStyle: { color: one.look.color, opacity: 0.18 } }),
        itemStyle: { color: one.look.color },
        lineStyle: { color: one.look.color, type: one.look.dash, width: 1.5 },
        emphasis: { disabled: true },
      })),
      thresholdLines(plan, tokens),
    ],
  };
}

/** In a pile each lies on the one below: one that has nothing at a time lies there with nothing. */
export function filledUp<T extends Pick<RangeSeries, "times" | "values">>(series: readonly T[]): T[] {
  const times = [...new Set(series.flatMap((one) => [...one.times]))].sort((a, b) => a - b);
  return series.map((one) => {
    const own = new Map(one.times.map((at, index) => [at, one.values[index] ?? Number.NaN]));
    const values = times.map((at) => {
      const value = own.get(at) ?? 0;
      return Number.isFinite(value) ? value : 0;
    });
    return { ...one, times, values };
  });
}

/** A missing step is a gap; a point with a gap on either side has no line to stand on. */
export function linePoints(
  { times, values }: Pick<RangeSeries, "times" | "values">,
  stepMs: number,
): { points: [number, number | null][]; lone: Set<number> } {
  const points: [number, number | null][] = [];
  times.forEach((at, index) => {
    const before = times[index - 1];
    if (before !== undefined && at - before > stepMs * 1.5) points.push([before + stepMs, null]);
    const value = values[index] ?? Number.NaN;
    points.push([at, Number.isFinite(value) ? value : null]);
  });
  const lone = new Set<number>();
  points.forEach(([, value], index) => {
    const alone = (points[index - 1]?.[1] ?? null) === null && (points[index + 1]?.[1] ?? null) === null;
    if (value !== null && alone) lone.add(index);
  });
  return { points, lone };
}

function valueAxis(plan: TimeseriesPlan, words: (value: number) => string) {
  const axis = {
    type: "value",
    splitNumber: 4,
    scale: plan.min === null,
    axisLabel: { formatter: words },
    ...(plan.min !== null && { min: plan.min }),
    ...(plan.max !== null && { max: plan.max }),
    ...(plan.unit === "count" && { minInterval: 1 }),
    ...(plan.min !== null && plan.max !== null && { interval: (plan.max - plan.min) / 4 }),
  };
  if (plan.unit !== "seconds" || (plan.min ?? 0) !== 0 || plan.max !== null || plan.stack) return axis;
  const { lowest, highest } = extremes(plan.series);
  if (lowest < 0) return axis;
  // Lengths of time begin at nothing, and their ticks are lengths that people count in.
  const { max, interval } = durationAxis(highest * 1_000);
  return { ...axis, scale: false, min: 0, max: max / 1_000, interval: interval / 1_000 };
}

function extremes(series: readonly DrawnSeries[]): { lowest: number; highest: number } {
  let [lowest, highest] = [0, 0];
  for (const { values } of series) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  return { lowest, highest };
}

/** Each threshold but the lowest: that one only says how all begins. */
function thresholdLines({ thresholds }: TimeseriesPlan, tokens: SchemeTokens) {
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: {
      silent: true,
      symbol: "none",
      label: { show: false },
      data: thresholds.slice(1).map(({ value, color }) => ({
        yAxis: value,
        lineStyle: { color: colorOf(color, tokens), type: "dashed", width: 1 },
      })),
    },
  };
}

function hover(
  items: unknown,
  series: readonly DrawnSeries[],
  words: (value: number) => string,
  zone: string,
): HTMLElement | string {
  const shown = (Array.isArray(items) ? items : [items]).flatMap((item: unknown) => pointOf(item));
  const at = shown[0]?.at;
  if (at === undefined) return "";
  const lines = shown
    .filter((point) => point.at === at && point.value !== null)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
    .flatMap(({ seriesIndex, value }) => {
      const one = series[seriesIndex];
      return one === undefined || value === null
        ? []
        : [{ color: one.look.color, text: one.name, value: words(value) }];
    });
  return hoverBox(hoverInstant(at, zone), lines);
}

function pointOf(item: unknown): { at: number; value: number | null; seriesIndex: number }[] {
  if (typeof item !== "object" || item === null || !("value" in item) || !Array.isArray(item.value))
    return [];
  const [at, value]: unknown[] = item.value;
  if (typeof at !== "number") return [];
  const seriesIndex = "seriesIndex" in item ? Number(item.seriesIndex) : -1;
  return [{ at, value: typeof value === "number" ? value : null, seriesIndex }];
}
