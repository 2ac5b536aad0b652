/**
 * `run.iterate(source)`: the same items, each counted as processed when the next one is asked for. Hand-written iterators, for a
 * generator costs several times as much a record. An item at which the loop breaks or throws is not counted, nor is one while
 * which `failed` was called: it is counted there.
 */
import { SLOT, type SharedCounts } from "./run-counts.ts";

export function iterateSync<T>(source: Iterable<T>, counts: SharedCounts): IterableIterator<T> {
  const inner = source[Symbol.iterator]();
  let isUnderWay = false;
  let failed = 0;
  return {
    next(): IteratorResult<T> {
      if (isUnderWay) count(counts, failed);
      failed = counts[SLOT.failed] ?? 0;
      const result = inner.next();
      isUnderWay = result.done !== true;
      return result;
    },
    return(value?: unknown): IteratorResult<T> {
      isUnderWay = false;
      return inner.return === undefined ? { done: true, value } : (inner.return(value) as IteratorResult<T>);
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}

export function iterateAsync<T>(source: AsyncIterable<T>, counts: SharedCounts): AsyncIterableIterator<T> {
  const inner = source[Symbol.asyncIterator]();
  let isUnderWay = false;
  let failed = 0;
  return {
    next(): Promise<IteratorResult<T>> {
      if (isUnderWay) count(counts, failed);
      failed = counts[SLOT.failed] ?? 0;
      // Counted with the next asking; that of the end, which asks for nothing more, is no item.
      const result = inner.next();
      isUnderWay = true;
      return Promise.resolve(result).then(
        (given) => {
          if (given.done === true) isUnderWay = false;
          return given;
        },
        (error: unknown) => {
          isUnderWay = false;
          throw error;
        },
      );
    },
    async return(value?: unknown): Promise<IteratorResult<T>> {
      isUnderWay = false;
      return inner.return === undefined
        ? { done: true, value: value as T }
        : ((await inner.return(value)) as IteratorResult<T>);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** @param failedBefore how many records had failed when the item was handed out */
function count(counts: SharedCounts, failedBefore: number): void {
  if (counts[SLOT.ended] === 1 || counts[SLOT.failed] !== failedBefore) return;
  counts[SLOT.processed] = (counts[SLOT.processed] ?? 0) + 1;
  counts[SLOT.isProcessedReported] = 1;
}
