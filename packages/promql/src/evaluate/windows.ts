/**
 * The driver that all range functions share: one window slides over each series, both its ends only ever move forward.
 * A function gives a kernel for each series (it may look through the series once beforehand); the kernel is called for
 * each step whose window holds a sample, and writes the step's value.
 */
import type { RangeMode, Span } from "../parse/ast.ts";
import type { Annotations } from "./annotations.ts";
import { frameTime, type TimeFrame } from "./select.ts";
import { type Column, newColumn, type SampleRun, type StepGrid } from "./values.ts";

/** Looks at the samples from index `low` to before `high`; the window of the step is (endAt - rangeMs, endAt]. */
export type WindowKernel = (low: number, high: number, step: number, endAt: number) => void;

export interface WindowFrame {
  readonly frame: TimeFrame;
  readonly rangeMs: number;
  readonly mode: RangeMode;
  readonly lookbackMs: number;
  /** The scalar arguments, in order, one value a step. */
  readonly scalars: readonly Float64Array[];
  /** The places of all arguments, in order, and of the range argument. */
  readonly argumentSpans: readonly Span[];
  readonly rangeSpan: Span;
  readonly annotations: Annotations;
  /** Told of the work of each series, so that a query can be cancelled in between. */
  readonly worked: (samples: number) => void;
}

export type PrepareKernel = (run: SampleRun, column: Column, window: WindowFrame) => WindowKernel;

/** The time of evaluation of a step, whatever the selector looks at. */
export function stepTime({ startAt, stepMs }: StepGrid, step: number): number {
  return startAt + step * stepMs;
}

export function evaluateWindows(
  runs: readonly SampleRun[],
  window: WindowFrame,
  keepsName: boolean,
  prepare: PrepareKernel,
): Column[] {
  const columns: Column[] = [];
  for (const run of runs) {
    const column = newColumn(run.labels, run.dropName || !keepsName, window.frame.grid.count);
    slide(run, window, prepare(run, column, window));
    window.worked(run.times.length + window.frame.grid.count);
    if (column.present.includes(1)) columns.push(column);
  }
  return columns;
}

function slide({ times }: SampleRun, window: WindowFrame, kernel: WindowKernel): void {
  const { frame, rangeMs, mode, lookbackMs } = window;
  const { count } = frame.grid;
  // `anchored` sees the last sample before the window, `smoothed` one on each side.
  const before = rangeMs + (mode === "plain" ? 0 : lookbackMs);
  const after = mode === "smoothed" ? lookbackMs : 0;
  const firstEnd = frameTime(frame, 0);
  const stepMs = frame.fixedAt === undefined ? frame.grid.stepMs : 0;
  const length = times.length;
  let low = 0;
  let high = 0;
  for (let step = 0; step < count; step++) {
    const endAt = firstEnd + step * stepMs;
    const last = endAt + after;
    const first = endAt - before;
    while (high < length && (times[high] as number) <= last) high += 1;
    while (low < high && (times[low] as number) <= first) low += 1;
    if (low < high) kernel(low, high, step, endAt);
  }
}
