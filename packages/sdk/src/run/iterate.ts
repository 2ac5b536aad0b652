/**
 * `run.iterate(source)`: the same items, each counted as processed when the next one is asked for. Hand-written iterators, for a
 * generator costs several times as much a record. An item at which the loop breaks or throws is not counted, nor is one while
 * which `failed` was called: it is counted there.
 */
import { type SharedCounts, SLOT } from "./run-counts.ts";

const { processed: PROCESSED, failed: FAILED, isProcessedReported: IS_REPORTED, ended: ENDED } = SLOT;

export function iterateSync<T>(source: Iterable<T>, counts: SharedCounts): IterableIterator<T> {
  begin(counts);
  return Array.isArray(source) && source[Symbol.iterator] === Array.prototype[Symbol.iterator]
    ? new ArrayIteration(source as readonly T[], counts)
    : new Iteration(source[Symbol.iterator](), counts);
}

export function iterateAsync<T>(source: AsyncIterable<T>, counts: SharedCounts): AsyncIterableIterator<T> {
  begin(counts);
  return new AsyncIteration(source[Symbol.asyncIterator](), counts);
}

/** What most jobs loop over: without the call and the object of an iterator in between. */
class ArrayIteration<T> implements IterableIterator<T> {
  readonly items: readonly T[];
  readonly counts: SharedCounts;
  index = 0;
  failedBefore = 0;

  constructor(items: readonly T[], counts: SharedCounts) {
    this.items = items;
    this.counts = counts;
  }

  next(): IteratorResult<T> {
    const { counts, index } = this;
    if (index > 0 && index <= this.items.length) count(counts, this.failedBefore);
    this.failedBefore = counts[FAILED] ?? 0;
    if (index >= this.items.length) {
      this.index = Number.POSITIVE_INFINITY;
      return { done: true, value: undefined };
    }
    this.index = index + 1;
    return { done: false, value: this.items[index] as T };
  }

  return(value?: unknown): IteratorResult<T> {
    this.index = Number.POSITIVE_INFINITY;
    return { done: true, value };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

class Iteration<T> implements IterableIterator<T> {
  readonly inner: Iterator<T>;
  readonly counts: SharedCounts;
  isUnderWay = false;
  failedBefore = 0;

  constructor(inner: Iterator<T>, counts: SharedCounts) {
    this.inner = inner;
    this.counts = counts;
  }

  next(): IteratorResult<T> {
    if (this.isUnderWay) count(this.counts, this.failedBefore);
    this.failedBefore = this.counts[FAILED] ?? 0;
    const result = this.inner.next();
    this.isUnderWay = result.done !== true;
    return result;
  }

  return(value?: unknown): IteratorResult<T> {
    this.isUnderWay = false;
    const { inner } = this;
    return inner.return === undefined ? { done: true, value } : (inner.return(value) as IteratorResult<T>);
  }

  [Symbol.iterator](): this {
    return this;
  }
}

class AsyncIteration<T> implements AsyncIterableIterator<T> {
  readonly inner: AsyncIterator<T>;
  readonly counts: SharedCounts;
  isUnderWay = false;
  failedBefore = 0;

  constructor(inner: AsyncIterator<T>, counts: SharedCounts) {
    this.inner = inner;
    this.counts = counts;
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.isUnderWay) count(this.counts, this.failedBefore);
    this.failedBefore = this.counts[FAILED] ?? 0;
    this.isUnderWay = false;
    const result = await this.inner.next();
    this.isUnderWay = result.done !== true;
    return result;
  }

  async return(value?: unknown): Promise<IteratorResult<T>> {
    this.isUnderWay = false;
    const { inner } = this;
    return inner.return === undefined
      ? { done: true, value }
      : ((await inner.return(value)) as IteratorResult<T>);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A source without an item is zero records, and that is known. */
function begin(counts: SharedCounts): void {
  if (counts[ENDED] !== 1) counts[IS_REPORTED] = 1;
}

/** @param failedBefore how many records had failed when the item was handed out */
function count(counts: SharedCounts, failedBefore: number): void {
  if (counts[ENDED] === 1 || counts[FAILED] !== failedBefore) return;
  counts[PROCESSED] = (counts[PROCESSED] ?? 0) + 1;
  counts[IS_REPORTED] = 1;
}
