/** The samples of one series as they are put together: growing columns, brought into order when somebody reads. */

/** Ascending times, one value a time. */
export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export const NO_SAMPLES: Samples = { times: new Float64Array(0), values: new Float64Array(0) };

/** In the order of writing, until `inOrder`. */
export class GrowingSamples {
  #times = new Float64Array(8);
  #values = new Float64Array(8);
  #length = 0;
  #isInOrder = true;

  get length(): number {
    return this.#length;
  }

  push(at: number, values: Float64Array, index: number): void {
    const length = this.#length;
    if (length === this.#times.length) this.#grow(length * 2);
    if (length > 0 && at <= (this.#times[length - 1] ?? 0)) this.#isInOrder = false;
    this.#times[length] = at;
    copyValue(values, index, this.#values, length);
    this.#length = length + 1;
  }

  /** Takes out what lies within, both ends included. */
  erase(fromAt: number, toAt: number): void {
    let kept = 0;
    for (let index = 0; index < this.#length; index++) {
      const at = this.#times[index] ?? 0;
      if (at >= fromAt && at <= toAt) continue;
      this.#times[kept] = at;
      copyValue(this.#values, index, this.#values, kept);
      kept++;
    }
    this.#length = kept;
  }

  /** A view, valid until the next push. */
  inOrder(): Samples {
    if (!this.#isInOrder) {
      const ordered = orderSamples(
        this.#times.subarray(0, this.#length),
        this.#values.subarray(0, this.#length),
      );
      this.#length = ordered.times.length;
      this.#times.set(ordered.times);
      this.#values.set(ordered.values);
      this.#isInOrder = true;
    }
    return {
      times: this.#times.subarray(0, this.#length),
      values: this.#values.subarray(0, this.#length),
    };
  }

  #grow(capacity: number): void {
    const [times, values] = [new Float64Array(capacity), new Float64Array(capacity)];
    times.set(this.#times);
    values.set(this.#values);
    this.#times = times;
    this.#values = values;
  }
}

const HALF = 2;

/** A number on its way through a register may lose the bits of a NaN, and those of a stale marker must stay. */
export function copyValue(from: Float64Array, index: number, to: Float64Array, place: number): void {
  const value = from[index] ?? 0;
  to[place] = value;
  if (!Number.isNaN(value)) return;
  const source = new Uint32Array(from.buffer, from.byteOffset + index * 8, HALF);
  new Uint32Array(to.buffer, to.byteOffset + place * 8, HALF).set(source);
}

/** Ascending, of several values of one time the one written last. */
export function orderSamples(times: Float64Array, values: Float64Array): Samples {
  const order = Uint32Array.from(times.keys());
  order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const outTimes = new Float64Array(times.length);
  const outValues = new Float64Array(times.length);
  let length = 0;
  for (let index = 0; index < order.length; index++) {
    const place = order[index] ?? 0;
    const at = times[place] ?? 0;
    if (length > 0 && outTimes[length - 1] === at) length--;
    outTimes[length] = at;
    copyValue(values, place, outValues, length);
    length++;
  }
  return { times: outTimes.subarray(0, length), values: outValues.subarray(0, length) };
}

/** Parts of one series in the order of writing, each in order by itself. */
export function mergeParts(parts: readonly Samples[]): Samples {
  const [only] = parts;
  if (only === undefined) return NO_SAMPLES;
  if (parts.length === 1) return only;
  const count = parts.reduce((sum, { times }) => sum + times.length, 0);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let offset = 0;
  let ascends = true;
  for (const part of parts) {
    if (offset > 0 && (part.times[0] ?? Number.POSITIVE_INFINITY) <= (times[offset - 1] ?? 0))
      ascends = false;
    times.set(part.times, offset);
    values.set(part.values, offset);
    offset += part.times.length;
  }
  return ascends ? { times, values } : orderSamples(times, values);
}

/** The first place whose time is at least `at`. */
export function firstAtOrAfter(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
