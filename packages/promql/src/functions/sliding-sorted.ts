/**
 * The values of a window in ascending order while it slides: what enters is put in its place, what leaves is taken out.
 * A window that shares nothing with the one before is sorted anew.
 */
import { sortedQuantile } from "../evaluate/go-math.ts";

export class SlidingSorted {
  readonly #values: Float64Array;
  /** The window's numbers in order; NaN are only counted. */
  readonly #sorted: Float64Array;
  #length = 0;
  #nanCount = 0;
  #low = 0;
  #high = 0;

  constructor(values: Float64Array) {
    this.#values = values;
    this.#sorted = new Float64Array(values.length);
  }

  quantile(quantile: number, low: number, high: number): number {
    this.#moveTo(low, high);
    return sortedQuantile(quantile, this.#sorted, this.#length + this.#nanCount, this.#nanCount);
  }

  #moveTo(low: number, high: number): void {
    const moves = low - this.#low + (high - this.#high);
    if (low >= this.#high || moves > (high - low) / 2) this.#rebuild(low, high);
    else {
      for (let index = this.#high; index < high; index++) this.#insert(this.#values[index] as number);
      for (let index = this.#low; index < low; index++) this.#remove(this.#values[index] as number);
    }
    this.#low = low;
    this.#high = high;
  }

  #rebuild(low: number, high: number): void {
    this.#length = 0;
    this.#nanCount = 0;
    for (let index = low; index < high; index++) {
      const value = this.#values[index] as number;
      if (Number.isNaN(value)) this.#nanCount += 1;
      else {
        this.#sorted[this.#length] = value;
        this.#length += 1;
      }
    }
    this.#sorted.subarray(0, this.#length).sort();
  }

  #insert(value: number): void {
    if (Number.isNaN(value)) {
      this.#nanCount += 1;
      return;
    }
    const place = this.#placeOf(value);
    this.#sorted.copyWithin(place + 1, place, this.#length);
    this.#sorted[place] = value;
    this.#length += 1;
  }

  #remove(value: number): void {
    if (Number.isNaN(value)) {
      this.#nanCount -= 1;
      return;
    }
    const place = this.#placeOf(value);
    this.#sorted.copyWithin(place, place + 1, this.#length);
    this.#length -= 1;
  }

  /** The first place whose value is not below. */
  #placeOf(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
