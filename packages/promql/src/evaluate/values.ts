/**
 * What expressions evaluate to, over all steps of a grid at once. A vector is a list of columns: one series each, one
 * place a step, and a mark whether the series has a value there (NaN is a value like any other).
 */
import type { Labels } from "../labels.ts";

/** The times at which an expression is evaluated: startAt, startAt + stepMs … ≤ endAt. */
export interface StepGrid {
  readonly startAt: number;
  readonly endAt: number;
  readonly stepMs: number;
  readonly count: number;
}

export function stepGrid(startAt: number, endAt: number, stepMs: number): StepGrid {
  return { startAt, endAt, stepMs, count: Math.floor((endAt - startAt) / stepMs) + 1 };
}

/** A grid of one time. */
export function instantGrid(at: number): StepGrid {
  return { startAt: at, endAt: at, stepMs: 1, count: 1 };
}

export interface Column {
  readonly labels: Labels;
  /** The metric name goes when the query ends: until then `label_replace` and `by (__name__)` still see it. */
  readonly dropName: boolean;
  readonly values: Float64Array;
  /** 1 where the step has a value. */
  readonly present: Uint8Array;
}

export interface ScalarValue {
  readonly kind: "scalar";
  readonly values: Float64Array;
}

export interface StringValue {
  readonly kind: "string";
  readonly value: string;
}

export interface VectorValue {
  readonly kind: "vector";
  /** Of an instant query in the order of the result. */
  readonly columns: readonly Column[];
}

export type EvalValue = ScalarValue | StringValue | VectorValue;

/** Columns up to this many steps (instant queries) are small enough for the engine's own heap. */
const SMALL_STEPS = 8;
/** Steps for which memory is taken at once. */
const SLAB_STEPS = 16_384;

/** Typed arrays are costly to make one by one: columns are cut from larger pieces, which are all zero at first. */
let slab = { values: new Float64Array(0), present: new Uint8Array(0), used: 0 };

export function newColumn(labels: Labels, dropName: boolean, count: number): Column {
  if (count <= SMALL_STEPS)
    return { labels, dropName, values: new Float64Array(count), present: new Uint8Array(count) };
  if (slab.used + count > slab.values.length) {
    const steps = Math.max(SLAB_STEPS, count);
    slab = { values: new Float64Array(steps), present: new Uint8Array(steps), used: 0 };
  }
  const from = slab.used;
  slab.used += count;
  return {
    labels,
    dropName,
    values: new Float64Array(slab.values.buffer, from * Float64Array.BYTES_PER_ELEMENT, count),
    present: new Uint8Array(slab.present.buffer, from, count),
  };
}

/** The same samples under other labels. */
export function relabeled(column: Column, labels: Labels, dropName: boolean): Column {
  return { labels, dropName, values: column.values, present: column.present };
}

export function isEmptyColumn(column: Column): boolean {
  return !column.present.includes(1);
}

export function vectorOf(columns: readonly Column[]): VectorValue {
  return { kind: "vector", columns };
}

export function constantScalar(value: number, count: number): ScalarValue {
  return { kind: "scalar", values: new Float64Array(count).fill(value) };
}

/** One series, ascending by time, without stale markers: what range functions look through. */
export interface SampleRun {
  readonly labels: Labels;
  readonly dropName: boolean;
  readonly times: Float64Array;
  readonly values: Float64Array;
}
