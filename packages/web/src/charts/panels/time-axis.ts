/** The axis of time that line charts, heatmaps and state timelines share, and the marks on it. */
import { formatInstant } from "../../format/instant.ts";
import type { SchemeTokens } from "../../theme/tokens.ts";
import { timeTicks } from "../time-ticks.ts";

export interface AxisPeriod {
  from: number;
  to: number;
}

const PX_A_LABEL = 76;

export function timeAxis(period: AxisPeriod, zone: string, plotWidth: number) {
  const ticks = timeTicks(period, zone, Math.max(2, Math.floor(plotWidth / PX_A_LABEL)));
  const labels = new Map(ticks.map(({ at, label }) => [at, label]));
  const customValues = ticks.map(({ at }) => at);
  return {
    type: "value" as const,
    min: period.from,
    max: period.to,
    splitLine: { show: false },
    axisLine: { show: true },
    axisTick: { show: true, customValues },
    axisLabel: { customValues, hideOverlap: true, formatter: (at: number) => labels.get(at) ?? "" },
  };
}

/** The now-line: always visible where now lies within the range. */
export function nowMark(period: AxisPeriod, nowAt: number, tokens: SchemeTokens) {
  if (nowAt < period.from || nowAt > period.to) return undefined;
  return {
    silent: true,
    symbol: "none",
    label: { show: false },
    lineStyle: { color: tokens.dim, type: "dotted" as const, width: 1 },
    data: [{ xAxis: nowAt }],
  };
}

export function hoverInstant(at: number, zone: string): string {
  return formatInstant(at, { zone, nowAt: 0, seconds: true, withZone: true });
}
