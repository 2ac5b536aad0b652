/**
 * Label matchers as Prometheus has them: a missing label is the empty text; expressions match the whole value.
 *
 * Expressions come from users, and the language's own engine may need exponential time. So only those are taken whose
 * time stays small: none repeats what itself repeats or branches, and few repeat at all.
 */
import { cleanText } from "../../lib/clean-text.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import type { LabelMatcher } from "../sample-store.ts";
import { StorageError } from "../storage-error.ts";

const MAX_PATTERN_LENGTH = 2000;
/** Each further one multiplies the time by the length of the value. */
const MAX_UNBOUNDED = 4;
const FAR_BOUND = 10;

export type LabelTest = (labels: SeriesLabels) => boolean;

export function compileMatchers(matchers: readonly LabelMatcher[]): LabelTest {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher({ name, op, value }: LabelMatcher): LabelTest {
  const label = cleanText(name);
  const labelValue = (labels: SeriesLabels): string =>
    Object.hasOwn(labels, label) ? (labels[label] ?? "") : "";
  const text = cleanText(value);
  switch (op) {
    case "=":
      return (labels) => labelValue(labels) === text;
    case "!=":
      return (labels) => labelValue(labels) !== text;
    case "=~": {
      const pattern = compilePattern(label, value);
      return (labels) => pattern.test(labelValue(labels));
    }
    case "!~": {
      const pattern = compilePattern(label, value);
      return (labels) => !pattern.test(labelValue(labels));
    }
  }
}

function compilePattern(label: string, pattern: string): RegExp {
  const problem = whyUnsafe(pattern);
  if (problem !== null) throw new StorageError("INVALID_MATCHER", `${label}: the expression ${problem}`);
  try {
    return new RegExp(`^(?:${pattern})$`, "s");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StorageError("INVALID_MATCHER", `${label}: ${why}`, { cause: error });
  }
}

interface Group {
  /** It holds a repetition without bound, or a branch. */
  varies: boolean;
}

interface Reading {
  /** The whole pattern, then the groups that are open. */
  groups: Group[];
  /** The group that ended with the piece before. */
  closed: Group | null;
  unbounded: number;
}

/** Null when the pattern may run. One pass over its pieces; what is no valid pattern is left to the compiler. */
export function whyUnsafe(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN_LENGTH) return `is longer than ${MAX_PATTERN_LENGTH} characters`;
  const reading: Reading = { groups: [{ varies: false }], closed: null, unbounded: 0 };
  for (let index = 0; index < pattern.length; ) {
    const piece = pieceAt(pattern, index);
    index += piece.length;
    if (/^\\[1-9k]/.test(piece)) return "refers back to a group";
    if (/^\(\?<?[=!]/.test(piece)) return "looks ahead or behind";
    if (repeats(piece) && reading.closed?.varies === true) return "repeats what repeats or branches itself";
    readPiece(reading, piece);
  }
  return reading.unbounded > MAX_UNBOUNDED ? `repeats without bound more than ${MAX_UNBOUNDED} times` : null;
}

function readPiece(reading: Reading, piece: string): void {
  const { groups } = reading;
  const inner = groups.at(-1) ?? { varies: false };
  reading.closed = null;
  if (piece.startsWith("(")) {
    groups.push({ varies: false });
  } else if (piece === ")" && groups.length > 1) {
    reading.closed = groups.pop() ?? null;
    const outer = groups.at(-1);
    if (outer !== undefined && inner.varies) outer.varies = true;
  } else if (piece === "|" && groups.length > 1) {
    inner.varies = true;
  } else if (repeatsLong(piece)) {
    reading.unbounded += 1;
    inner.varies = true;
  }
}

/** An escape, a class, the opening of a group, a repetition with its laziness, or one character. */
function pieceAt(pattern: string, index: number): string {
  const rest = pattern.slice(index, index + MAX_PATTERN_LENGTH);
  const found =
    /^(?:\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|P?<\w+>|[a-z-]+:?))?|(?:[*+?]|\{\d*,?\d*\})\??)/.exec(
      rest,
    );
  return found === null ? (pattern[index] ?? "") : found[0];
}

/** More than once. */
function repeats(piece: string): boolean {
  return /^(?:[*+]|\{\d+,?\d*\})/.test(piece) && !/^\{(?:[01]|0?,1|[01],1)\}/.test(piece);
}

/** Without bound, or with one so far off that it comes to the same. */
function repeatsLong(piece: string): boolean {
  const bounds = /^\{(\d+)(,?)(\d*)\}/.exec(piece);
  if (bounds === null) return /^[*+]/.test(piece);
  const [, least, comma, most] = bounds;
  return comma !== "" && most === "" ? true : Number(comma === "" ? least : most) > FAR_BOUND;
}
