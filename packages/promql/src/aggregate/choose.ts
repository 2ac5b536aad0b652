/** Aggregators that choose series of a group and keep their labels: topk, bottomk, limitk, limit_ratio. */
import { type Column, newColumn, relabeled } from "../evaluate/values.ts";
import type { SeriesGroup } from "./groups.ts";
import { labelsHashRatio } from "./labels-hash.ts";

/** Up to this many series are kept in a list while going through the group; more are sorted. */
const MOST_LISTED = 128;

/**
 * topk and bottomk of a group, step by step: the indexes of the chosen columns, best first. Candidates are put into a
 * short ordered list; most are worse than its last and cost one comparison.
 */
class ExtremeChooser {
  readonly #columns: readonly Column[];
  readonly #largest: boolean;
  readonly #indexes: Int32Array;
  readonly #values: Float64Array;

  constructor(columns: readonly Column[], largest: boolean) {
    this.#columns = columns;
    this.#largest = largest;
    this.#indexes = new Int32Array(columns.length);
    this.#values = new Float64Array(columns.length);
  }

  choose(step: number, limit: number): Iterable<number> {
    const most = Math.min(limit, this.#columns.length);
    return most > MOST_LISTED ? this.#sortAll(step).slice(0, most) : this.#listBest(step, most);
  }

  #sortAll(step: number): number[] {
    const found: number[] = [];
    for (const [index, { present }] of this.#columns.entries()) if (present[step] === 1) found.push(index);
    const valueAt = (index: number) => this.#columns[index]?.values[step] ?? Number.NaN;
    return found.sort((a, b) => {
      const [left, right] = [valueAt(a), valueAt(b)];
      if (this.#isBetter(left, right)) return -1;
      return this.#isBetter(right, left) ? 1 : a - b;
    });
  }

  #listBest(step: number, most: number): Int32Array {
    const values = this.#values;
    let length = 0;
    for (let index = 0; index < this.#columns.length; index++) {
      const column = this.#columns[index];
      if (column === undefined || column.present[step] === 0) continue;
      const value = column.values[step] as number;
      if (length === most && !this.#isBetter(value, values[most - 1] as number)) continue;
      const place = this.#placeOf(value, length);
      if (length < most) length += 1;
      values.copyWithin(place + 1, place, length - 1);
      this.#indexes.copyWithin(place + 1, place, length - 1);
      values[place] = value;
      this.#indexes[place] = index;
    }
    return this.#indexes.subarray(0, length);
  }

  /** NaN is worse than everything. */
  #isBetter(value: number, other: number): boolean {
    if (Number.isNaN(other)) return !Number.isNaN(value);
    return this.#largest ? value > other : value < other;
  }

  /** Behind all that are as good. */
  #placeOf(value: number, length: number): number {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#isBetter(value, this.#values[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** In an instant query the result is in the order of the values, group by group. */
export function chooseByValue(
  groups: readonly SeriesGroup[],
  limits: Float64Array,
  largest: boolean,
  count: number,
): Column[] {
  return groups.flatMap(({ columns }) => {
    const chosen = new Map<number, Column>();
    const chooser = new ExtremeChooser(columns, largest);
    for (let step = 0; step < count; step++) {
      const limit = Math.trunc(limits[step] as number);
      if (limit < 1) continue;
      for (const index of chooser.choose(step, limit)) keep(columns, index, step, chosen);
    }
    return [...chosen.values()];
  });
}

function keep(columns: readonly Column[], index: number, step: number, chosen: Map<number, Column>): void {
  const source = columns[index];
  if (source === undefined) return;
  let target = chosen.get(index);
  if (target === undefined) {
    target = newColumn(source.labels, source.dropName, source.values.length);
    chosen.set(index, target);
  }
  target.values[step] = source.values[step] as number;
  target.present[step] = 1;
}

/** The first k series of each group, in the order in which the source gave them. */
export function chooseFirst(groups: readonly SeriesGroup[], limits: Float64Array, count: number): Column[] {
  return groups.flatMap(({ columns }) => {
    const chosen = new Map<number, Column>();
    for (let step = 0; step < count; step++) {
      const limit = Math.trunc(limits[step] as number);
      let taken = 0;
      for (let index = 0; index < columns.length && taken < limit; index++) {
        if (columns[index]?.present[step] !== 1) continue;
        keep(columns, index, step, chosen);
        taken += 1;
      }
    }
    return [...chosen.values()];
  });
}

/**
 * A share of the series, chosen by the hash of their labels: r > 0 takes those whose hash lies in the lower r, r < 0 those
 * that the positive 1 + r leaves out, so that `limit_ratio(0.3, x)` and `limit_ratio(-0.7, x)` divide x.
 */
export function chooseByHash(columns: readonly Column[], ratios: Float64Array): Column[] {
  const chosen: Column[] = [];
  for (const column of columns) {
    const place = labelsHashRatio(column.labels);
    const present = new Uint8Array(column.present.length);
    for (let step = 0; step < present.length; step++)
      if (column.present[step] === 1 && isWithinRatio(place, ratios[step] as number)) present[step] = 1;
    if (present.includes(1)) chosen.push({ ...relabeled(column, column.labels, column.dropName), present });
  }
  return chosen;
}

function isWithinRatio(place: number, ratio: number): boolean {
  const share = Math.max(-1, Math.min(1, ratio));
  return share >= 0 ? place < share : place >= 1 + share;
}
