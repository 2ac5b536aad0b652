/**
 * What one decoding carries along, for either format: the place it is at (for messages), what it rejected, and how many elements
 * it may still create. A body of 64 MiB can hold 32 million empty messages of two bytes each, which would be gigabytes of
 * objects: the element budget, not the body limit, is what bounds memory.
 */
import { OtlpDecodeError, type OtlpDecodeErrorCode } from "./decode-error.ts";
import type { RejectedItems } from "./otlp-types.ts";

/** Nested lists and maps inside one attribute value. SDKs nest 2 or 3 deep. */
export const MAX_VALUE_DEPTH = 64;
/** Messages (resources, spans, attributes, events, points, …) of one request; a full 64 MiB of real telemetry has 2 to 3 million. */
export const MAX_ELEMENTS = 4 * 1024 * 1024;

const MAX_REASONS = 5;
/** Keeps a partial-success answer small, whatever the client put into names and ids. */
const MAX_REASON_LENGTH = 300;

export class DecodeState {
  elementsLeft = MAX_ELEMENTS;
  readonly #names: string[] = [];
  readonly #indexes: number[] = [];
  #rejectedCount = 0;
  readonly #reasons: string[] = [];

  /** Goes into a field; `index` for an element of a list. Every `enter` has its `leave`, except when decoding fails. */
  enter(name: string, index = -1): void {
    this.#names.push(name);
    this.#indexes.push(index);
  }

  leave(): void {
    this.#names.pop();
    this.#indexes.pop();
  }

  fieldPath(): string {
    return this.#names
      .map((name, depth) => {
        const index = this.#indexes[depth] ?? -1;
        return index < 0 ? name : `${name}[${index}]`;
      })
      .join(".");
  }

  takeElements(count: number): void {
    this.elementsLeft -= count;
    if (this.elementsLeft < 0) {
      this.fail(
        "OTLP_TOO_MANY_ELEMENTS",
        `the request has more than ${MAX_ELEMENTS} elements; send smaller batches`,
      );
    }
  }

  /** Leaves `count` items out of the result, for a reason the client gets to read. */
  reject(problem: string, count = 1): void {
    this.#rejectedCount += count;
    if (this.#reasons.length < MAX_REASONS) {
      this.#reasons.push(shorten(`${this.fieldPath()}: ${problem}`, MAX_REASON_LENGTH));
    }
  }

  rejected(): RejectedItems {
    return { count: this.#rejectedCount, reasons: this.#reasons };
  }

  fail(code: OtlpDecodeErrorCode, problem: string): never {
    throw new OtlpDecodeError(code, this.fieldPath(), problem);
  }
}

export function shorten(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}
