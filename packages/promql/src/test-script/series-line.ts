/**
 * One line of a test script or one input series of a rule test: `name{label="value"} 1 2 _ stale 0+5x10`. Hands on the
 * labels and one value a step.
 */
import { type Labels, labelsOf, METRIC_NAME } from "../labels.ts";
import { type HistogramNotation, readHistogram } from "./histogram-notation.ts";
import { readQuoted } from "./quoted-text.ts";

export type SequenceValue =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "stale" }
  /** No sample at this step. */
  | { readonly kind: "omitted" }
  /** Of a repeated one (`{{a}}+{{b}}x3`) the first stands for all: nothing evaluates them. */
  | { readonly kind: "histogram"; readonly histogram: HistogramNotation };

export interface SeriesLine {
  readonly labels: Labels;
  readonly values: readonly SequenceValue[];
}

/** A line that repeats more often than this would only fill the memory. */
const MAX_VALUES = 5_000_000;

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const FLOAT = /[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])/y;
const SIGNED_STEP = /([+-])(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])/y;
const TIMES = /x(\d+)/y;

/** @throws SyntaxError that says what is wrong and where. */
export function parseSeriesLine(text: string): SeriesLine {
  const line = text.trim();
  const { labels, end } = readSeriesName(line, 0);
  if (end < line.length && !isBlank(line[end]))
    throw new SyntaxError(`unexpected "${line.slice(end, end + 20)}" after the series`);
  return { labels, values: parseSequence(line.slice(end)) };
}

/** A series without values, as rule tests expect it: `up{job="a"}`; `{}` and the empty text are the empty set. */
export function parseSeriesName(text: string): Labels {
  const trimmed = text.trim();
  if (trimmed === "") return labelsOf([]);
  const { labels, end } = readSeriesName(trimmed, 0);
  if (end !== trimmed.length)
    throw new SyntaxError(`unexpected "${trimmed.slice(end, end + 20)}" after the series`);
  return labels;
}

function readSeriesName(text: string, start: number): { labels: Labels; end: number } {
  const pairs = new Map<string, string>();
  const name = match(NAME, text, start);
  let at = start + (name?.length ?? 0);
  if (name !== null) pairs.set(METRIC_NAME, name);
  if (text[at] !== "{") {
    if (name === null) throw new SyntaxError(`no series name at "${text.slice(start, start + 20)}"`);
    return { labels: labelsOf(pairs), end: at };
  }
  at = skipBlanks(text, at + 1);
  while (text[at] !== "}") {
    at = readLabel(text, at, pairs);
    at = skipBlanks(text, at);
    if (text[at] === ",") at = skipBlanks(text, at + 1);
    else if (text[at] !== "}")
      throw new SyntaxError(
        at >= text.length
          ? "unexpected end of input inside braces"
          : `unexpected "${text.slice(at, at + 10)}" in the labels`,
      );
  }
  return { labels: labelsOf(pairs), end: at + 1 };
}

/** `name="value"`, `"any name"="value"`, or `"metric name"` alone. */
function readLabel(text: string, start: number, pairs: Map<string, string>): number {
  if (start >= text.length) throw new SyntaxError("unexpected end of input inside braces");
  let name = match(LABEL_NAME, text, start);
  let at = start + (name?.length ?? 0);
  const isQuoted = name === null;
  if (name === null) ({ value: name, end: at } = readQuoted(text, start));
  at = skipBlanks(text, at);
  if (text[at] !== "=") {
    if (!isQuoted) throw new SyntaxError(`expected = after the label ${name}`);
    if (pairs.has(METRIC_NAME)) throw new SyntaxError(`metric name must not be set twice: ${name}`);
    pairs.set(METRIC_NAME, name);
    return at;
  }
  if (text[at + 1] === "~") throw new SyntaxError(`a series has only = between a label and its value`);
  const { value, end } = readQuoted(text, skipBlanks(text, at + 1));
  pairs.set(name, value);
  return end;
}

/** @throws SyntaxError */
export function parseSequence(text: string): SequenceValue[] {
  const values: SequenceValue[] = [];
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    at = readItem(text, at, values);
    if (at < text.length && !isBlank(text[at]))
      throw new SyntaxError(`unexpected "${text.slice(at).split(/[ \t]/, 1)[0]}" in the values`);
    if (values.length > MAX_VALUES) throw new SyntaxError(`more than ${MAX_VALUES} values in a line`);
  }
  return values;
}

function readItem(text: string, start: number, values: SequenceValue[]): number {
  if (text[start] === "_") return readOmitted(text, start, values);
  if (text.startsWith("stale", start)) {
    const { times, end } = readTimes(text, start + "stale".length);
    for (let count = 0; count <= times; count++) values.push({ kind: "stale" });
    return end;
  }
  if (text.startsWith("{{", start)) return readHistograms(text, start, values);
  const first = match(FLOAT, text, start);
  if (first === null)
    throw new SyntaxError(`"${text.slice(start).split(/[ \t]/, 1)[0]}" is no value of a series`);
  const step = match(SIGNED_STEP, text, start + first.length);
  const { times, end } = readTimes(text, start + first.length + (step?.length ?? 0));
  if (step !== null && end === start + first.length + step.length)
    throw new SyntaxError(`${first}${step} says no number of steps: write ${first}${step}x10`);
  const increment = step === null ? 0 : floatOf(step);
  let value = floatOf(first);
  for (let count = 0; count <= times; count++) {
    values.push({ kind: "float", value });
    if (step !== null) value += increment;
  }
  return end;
}

function readOmitted(text: string, start: number, values: SequenceValue[]): number {
  const { times, end } = readTimes(text, start + 1);
  // `_xN` is N steps, where every other item gives N + 1.
  const count = end === start + 1 ? 1 : times;
  for (let index = 0; index < count; index++) values.push({ kind: "omitted" });
  return end;
}

function readHistograms(text: string, start: number, values: SequenceValue[]): number {
  const first = readHistogram(text, start);
  let at = first.end;
  const hasStep = /^[+-]\{\{/.test(text.slice(at, at + 3));
  if (hasStep) at = readHistogram(text, at + 1).end;
  const { times, end } = readTimes(text, at);
  if (hasStep && end === at) throw new SyntaxError("a histogram with a step says no number of steps");
  for (let count = 0; count <= times; count++) values.push({ kind: "histogram", histogram: first.histogram });
  return end;
}

function readTimes(text: string, at: number): { times: number; end: number } {
  const found = match(TIMES, text, at);
  if (found === null) return { times: 0, end: at };
  const times = Number(found.slice(1));
  if (times > MAX_VALUES) throw new SyntaxError(`${found} is more than ${MAX_VALUES} values`);
  return { times, end: at + found.length };
}

function floatOf(text: string): number {
  if (/inf/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /nan/i.test(text) ? Number.NaN : Number(text);
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (isBlank(text[next])) next++;
  return next;
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
