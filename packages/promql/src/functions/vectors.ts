/** Functions between scalars and vectors: scalar, vector, absent, timestamp, time, pi, clamp, start, end, step, range. */

import { anyPresent } from "../binary/signatures.ts";
import { goMax, goMin } from "../evaluate/go-math.ts";
import {
  constantScalar,
  type EvalValue,
  isEmptyColumn,
  newColumn,
  type StepGrid,
  vectorOf,
} from "../evaluate/values.ts";
import { stepTime } from "../evaluate/windows.ts";
import { type Labels, labelsOf, METRIC_NAME, NO_LABELS } from "../labels.ts";
import type { Expr } from "../parse/ast.ts";
import { scalarArgument, type ValueCall, type ValueFunction, vectorArgument } from "./function-kinds.ts";

const MS_PER_SECOND = 1000;

function scalarOf({ args, grid }: ValueCall): EvalValue {
  const values = new Float64Array(grid.count).fill(Number.NaN);
  const found = new Uint8Array(grid.count);
  for (const column of vectorArgument(args, 0)) {
    for (let step = 0; step < grid.count; step++) {
      if (column.present[step] === 0) continue;
      // Two samples are none.
      values[step] = found[step] === 0 ? (column.values[step] as number) : Number.NaN;
      found[step] = 1;
    }
  }
  return { kind: "scalar", values };
}

function vectorFrom({ args, grid }: ValueCall): EvalValue {
  const column = newColumn(NO_LABELS, false, grid.count);
  column.values.set(scalarArgument(args, 0) ?? column.values);
  column.present.fill(1);
  return vectorOf([column]);
}

function absent({ args, exprs, grid }: ValueCall): EvalValue {
  const present = anyPresent(vectorArgument(args, 0), grid.count);
  return absentVector(exprs[0], present, grid.count);
}

/** One where nothing is: with the labels that the selector names for certain. */
export function absentVector(expr: Expr | undefined, present: Uint8Array, count: number): EvalValue {
  const column = newColumn(absentLabels(expr), false, count);
  column.values.fill(1);
  for (let step = 0; step < count; step++) column.present[step] = present[step] === 1 ? 0 : 1;
  return vectorOf(isEmptyColumn(column) ? [] : [column]);
}

/** The labels of equality matchers; a label that is matched twice is left out. */
function absentLabels(expr: Expr | undefined): Labels {
  const selector = expr?.kind === "range" ? expr.selector : expr;
  if (selector?.kind !== "selector") return NO_LABELS;
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (op === "=" && !seen.has(name)) {
      labels.set(name, value);
      seen.add(name);
    } else labels.delete(name);
  }
  return labelsOf(labels);
}

/** Of anything but a selector: the time of evaluation. */
function timestamp({ args, grid }: ValueCall): EvalValue {
  return vectorOf(
    vectorArgument(args, 0).map((source) => {
      const column = newColumn(source.labels, true, grid.count);
      for (let step = 0; step < grid.count; step++)
        column.values[step] = stepTime(grid, step) / MS_PER_SECOND;
      column.present.set(source.present);
      return column;
    }),
  );
}

function time({ grid }: ValueCall): EvalValue {
  const values = new Float64Array(grid.count);
  for (let step = 0; step < grid.count; step++) values[step] = stepTime(grid, step) / MS_PER_SECOND;
  return { kind: "scalar", values };
}

/** Where the limits are the wrong way round there is no result. */
function clamp({ args, grid }: ValueCall): EvalValue {
  const least = scalarArgument(args, 1);
  const most = scalarArgument(args, 2);
  const columns = vectorArgument(args, 0).map((source) => {
    const column = newColumn(source.labels, true, grid.count);
    for (let step = 0; step < grid.count; step++) {
      const low = least?.[step] ?? Number.NaN;
      const high = most?.[step] ?? Number.NaN;
      if (source.present[step] === 0 || high < low) continue;
      column.values[step] = goMax(low, goMin(high, source.values[step] as number));
      column.present[step] = 1;
    }
    return column;
  });
  return vectorOf(columns.filter((column) => !isEmptyColumn(column)));
}

function extreme(choose: (a: number, b: number) => number): ValueFunction {
  return {
    kind: "value",
    evaluate: ({ args, grid }) => {
      const left = scalarArgument(args, 0);
      const right = scalarArgument(args, 1);
      const values = new Float64Array(grid.count);
      for (let step = 0; step < grid.count; step++)
        values[step] = choose(left?.[step] ?? Number.NaN, right?.[step] ?? Number.NaN);
      return { kind: "scalar", values };
    },
  };
}

/** A number that is the same in every step: a property of the whole query. */
function ofQuery(milliseconds: (queryGrid: StepGrid, stepMs: number) => number): ValueFunction {
  return {
    kind: "value",
    evaluate: ({ grid, context }) =>
      constantScalar(milliseconds(context.queryGrid, context.queryStepMs) / MS_PER_SECOND, grid.count),
  };
}

/** `histogram_count` and its like read native histograms; numbers have none. */
const NATIVE_HISTOGRAM_ONLY: ValueFunction = { kind: "value", evaluate: () => vectorOf([]) };

export const VECTOR_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  scalar: { kind: "value", evaluate: scalarOf },
  vector: { kind: "value", evaluate: vectorFrom },
  absent: { kind: "value", evaluate: absent },
  timestamp: { kind: "value", evaluate: timestamp },
  time: { kind: "value", evaluate: time },
  pi: { kind: "value", evaluate: ({ grid }) => constantScalar(Math.PI, grid.count) },
  clamp: { kind: "value", evaluate: clamp },
  min_of: extreme(goMin),
  max_of: extreme(goMax),
  start: ofQuery(({ startAt }) => startAt),
  end: ofQuery(({ endAt }) => endAt),
  range: ofQuery(({ startAt, endAt }) => endAt - startAt),
  step: ofQuery((_, stepMs) => stepMs),
  histogram_avg: NATIVE_HISTOGRAM_ONLY,
  histogram_count: NATIVE_HISTOGRAM_ONLY,
  histogram_sum: NATIVE_HISTOGRAM_ONLY,
  histogram_stddev: NATIVE_HISTOGRAM_ONLY,
  histogram_stdvar: NATIVE_HISTOGRAM_ONLY,
};
