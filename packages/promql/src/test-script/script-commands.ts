/** What a test script says, command by command. Times are epoch milliseconds, as the script counts from the epoch. */
import type { RE2JS } from "re2js";
import type { Labels } from "../labels.ts";
import type { SequenceValue } from "./series-line.ts";
import type { StartOffset } from "./start-timestamps.ts";

export interface LoadedSeries {
  readonly labels: Labels;
  readonly values: readonly SequenceValue[];
  /** One a value, or to be repeated over them; null where the block says nothing of start timestamps. */
  readonly startOffsets: readonly StartOffset[] | null;
}

export interface LoadCommand {
  readonly kind: "load";
  readonly line: number;
  readonly stepMs: number;
  /** Also as native histograms with custom buckets. */
  readonly withNativeHistograms: boolean;
  readonly series: readonly LoadedSeries[];
}

/** Null matches anything. */
export type TextExpectation =
  | { readonly kind: "any" }
  | { readonly kind: "msg"; readonly text: string }
  | { readonly kind: "regex"; readonly text: string; readonly pattern: RE2JS };

export interface ExpectedSeries {
  readonly labels: Labels;
  readonly values: readonly SequenceValue[];
}

export type ExpectedResult =
  | { readonly kind: "series"; readonly series: readonly ExpectedSeries[] }
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "string"; readonly value: string };

export interface Steps {
  readonly startAt: number;
  readonly endAt: number;
  readonly stepMs: number;
}

export interface EvalCommand {
  readonly kind: "eval";
  readonly line: number;
  readonly query: string;
  readonly time: { readonly kind: "instant"; readonly at: number } | ({ readonly kind: "range" } & Steps);
  /** Set when the query must fail; all of them must match its message. */
  readonly fail: readonly TextExpectation[] | null;
  readonly isOrdered: boolean;
  readonly warn: readonly TextExpectation[];
  readonly info: readonly TextExpectation[];
  readonly noWarn: boolean;
  readonly noInfo: boolean;
  /** Where the points of an instant query for a range selector lie. */
  readonly rangeVector: Steps | null;
  readonly result: ExpectedResult;
}

export type ScriptCommand =
  | { readonly kind: "clear"; readonly line: number }
  | LoadCommand
  | EvalCommand
  | { readonly kind: "broken"; readonly line: number; readonly text: string; readonly message: string };

export interface ScriptLine {
  /** Trimmed; empty for an empty line and for a comment. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** A mistake that stands on another line than its command. */
export class LineError extends SyntaxError {
  override readonly name = "LineError";
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.line = line;
  }
}

/** Reads one line; what it throws gets the number of that line. */
export function onLine<T>({ line }: ScriptLine, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof LineError ? error : new LineError(line, error);
  }
}
