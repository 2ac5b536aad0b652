/** rate, increase, delta (extrapolated to the edges of the window), irate and idelta (of the last two samples). */
import type { Column, SampleRun } from "../evaluate/values.ts";
import type { PrepareKernel, WindowFrame, WindowKernel } from "../evaluate/windows.ts";
import { counterResets } from "./counter-resets.ts";
import { extendedRateKernel } from "./extended-rates.ts";
import type { WindowFunction } from "./function-kinds.ts";

const MS_PER_SECOND = 1000;
/** A window's edge is as good as reached when a sample is nearer than this many mean intervals. */
const EDGE_INTERVALS = 1.1;

export interface RateKind {
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}

function rateFunction(kind: RateKind): WindowFunction {
  return {
    kind: "window",
    keepsName: false,
    wantsCounter: kind.isCounter,
    prepare: (run, column, window) =>
      window.mode === "plain"
        ? extrapolatedKernel(run, column, window, kind)
        : extendedRateKernel(run, column, window, kind),
  };
}

function extrapolatedKernel(
  { times, values }: SampleRun,
  column: Column,
  window: WindowFrame,
  { isCounter, perSecond }: RateKind,
): WindowKernel {
  const resets = isCounter ? counterResets(values) : undefined;
  const { rangeMs } = window;
  const { values: results, present } = column;
  const divisor = perSecond ? rangeMs / MS_PER_SECOND : 1;
  return (low, high, step, endAt) => {
    if (high - low < 2) return;
    const first = values[low] as number;
    const firstAt = times[low] as number;
    const lastAt = times[high - 1] as number;
    let growth = (values[high - 1] as number) - first;
    if (resets !== undefined) growth += resets.lostBetween(low, high);
    const sampled = (lastAt - firstAt) / MS_PER_SECOND;
    const interval = sampled / (high - 1 - low);
    const threshold = interval * EDGE_INTERVALS;
    let toStart = (firstAt - (endAt - rangeMs)) / MS_PER_SECOND;
    if (toStart >= threshold) toStart = interval / 2;
    if (isCounter && growth > 0 && first >= 0) {
      // A counter starts at zero: it is not extended beyond where it would have been below.
      const toZero = sampled * (first / growth);
      if (toZero < toStart) toStart = toZero;
    }
    let toEnd = (endAt - lastAt) / MS_PER_SECOND;
    if (toEnd >= threshold) toEnd = interval / 2;
    results[step] = growth * ((sampled + toStart + toEnd) / sampled / divisor);
    present[step] = 1;
  };
}

function lastTwo(isCounter: boolean): PrepareKernel {
  return ({ times, values }, column) =>
    (low, high, step) => {
      if (high - low < 2) return;
      const last = values[high - 1] as number;
      const previous = values[high - 2] as number;
      const isReset = isCounter && last < previous;
      const growth = isReset ? last : last - previous;
      const seconds = ((times[high - 1] as number) - (times[high - 2] as number)) / MS_PER_SECOND;
      column.values[step] = isCounter ? growth / seconds : growth;
      column.present[step] = 1;
    };
}

export const RATE_FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  rate: rateFunction({ isCounter: true, perSecond: true }),
  increase: rateFunction({ isCounter: true, perSecond: false }),
  delta: rateFunction({ isCounter: false, perSecond: false }),
  irate: { kind: "window", keepsName: false, wantsCounter: false, prepare: lastTwo(true) },
  idelta: { kind: "window", keepsName: false, wantsCounter: false, prepare: lastTwo(false) },
};
