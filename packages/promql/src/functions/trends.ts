/** deriv, predict_linear (least squares) and double_exponential_smoothing. */
import { CompensatedSum } from "../evaluate/go-math.ts";
import { type PrepareKernel, stepTime } from "../evaluate/windows.ts";
import { QueryError } from "../query-error.ts";
import type { WindowFunction } from "./function-kinds.ts";

const MS_PER_SECOND = 1000;

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** The least-squares line through the samples; its intercept is the value at `originAt`. */
function regression(
  times: Float64Array,
  values: Float64Array,
  low: number,
  high: number,
  originAt: number,
): Line {
  const sumX = new CompensatedSum();
  const sumY = new CompensatedSum();
  const sumXY = new CompensatedSum();
  const sumXX = new CompensatedSum();
  const firstY = values[low] as number;
  let constant = true;
  for (let index = low; index < high; index++) {
    const x = ((times[index] as number) - originAt) / MS_PER_SECOND;
    const y = values[index] as number;
    if (index > low && y !== firstY) constant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (constant) {
    if (Math.abs(firstY) === Number.POSITIVE_INFINITY) return { slope: Number.NaN, intercept: Number.NaN };
    return { slope: 0, intercept: firstY };
  }
  const count = high - low;
  const covariance = sumXY.total - (sumX.total * sumY.total) / count;
  const variance = sumXX.total - (sumX.total * sumX.total) / count;
  const slope = covariance / variance;
  return { slope, intercept: sumY.total / count - (slope * sumX.total) / count };
}

const derivative: PrepareKernel =
  ({ times, values }, column) =>
  (low, high, step) => {
    if (high - low < 2) return;
    column.values[step] = regression(times, values, low, high, times[low] as number).slope;
    column.present[step] = 1;
  };

/** The line's value the given seconds after the time of evaluation (not of the window's end). */
const prediction: PrepareKernel =
  ({ times, values }, column, { frame, scalars }) =>
  (low, high, step) => {
    if (high - low < 2) return;
    const { slope, intercept } = regression(times, values, low, high, stepTime(frame.grid, step));
    column.values[step] = slope * (scalars[0]?.[step] ?? Number.NaN) + intercept;
    column.present[step] = 1;
  };

function checkFactor(name: "smoothing" | "trend", symbol: "sf" | "tf", factor: number): void {
  if (factor <= 0 || factor >= 1)
    throw new QueryError(
      "execution",
      `invalid ${name} factor. Expected: 0 < ${symbol} < 1, got: ${factor.toFixed(6)}`,
    );
}

const doubleExponentialSmoothing: PrepareKernel =
  ({ values }, column, { scalars }) =>
  (low, high, step) => {
    const smoothing = scalars[0]?.[step] ?? Number.NaN;
    const trendFactor = scalars[1]?.[step] ?? Number.NaN;
    checkFactor("smoothing", "sf", smoothing);
    checkFactor("trend", "tf", trendFactor);
    if (high - low < 2) return;
    let previous = 0;
    let smoothed = values[low] as number;
    let trend = (values[low + 1] as number) - smoothed;
    for (let index = low + 1; index < high; index++) {
      const scaled = smoothing * (values[index] as number);
      if (index > low + 1) trend = trendFactor * (smoothed - previous) + (1 - trendFactor) * trend;
      const expected = (1 - smoothing) * (smoothed + trend);
      previous = smoothed;
      smoothed = scaled + expected;
    }
    column.values[step] = smoothed;
    column.present[step] = 1;
  };

function trend(prepare: PrepareKernel): WindowFunction {
  return { kind: "window", keepsName: false, wantsCounter: false, prepare };
}

export const TREND_FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  deriv: trend(derivative),
  predict_linear: trend(prediction),
  double_exponential_smoothing: trend(doubleExponentialSmoothing),
};
