/** The axis of time that line charts, heatmaps and state timelines share. */
import { formatInstant } from "../../format/instant.ts";
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

export function hoverInstant(at: number, zone: string): string {
  return formatInstant(at, { zone, nowAt: 0, seconds: true, withZone: true });
}
