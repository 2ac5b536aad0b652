/**
 * The notation of native histograms in test scripts, `{{schema:1 sum:4 count:3 buckets:[1 2]}}`. Batchwatch evaluates
 * floats and classic histograms; this is read so that a file with both can be run for the rest.
 */
export interface HistogramNotation {
  readonly schema: number;
  readonly sum: number;
  readonly count: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly offset: number;
  readonly buckets: readonly number[];
  readonly negativeOffset: number;
  readonly negativeBuckets: readonly number[];
  readonly customValues: readonly number[];
  /** Null where the notation names none: then it does not count in a comparison. */
  readonly counterResetHint: string | null;
}

const HINTS = ["unknown", "reset", "not_reset", "gauge"];
const FIELD = /\s*(\w+)\s*:\s*(\[[^\]]*\]|[^\s\]]+)/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan)$/i;
const CUSTOM_BUCKETS = -53;

/** Reads `{{…}}` that starts at `start`. @throws SyntaxError that names the field. */
export function readHistogram(text: string, start: number): { histogram: HistogramNotation; end: number } {
  const close = text.indexOf("}}", start);
  if (close < 0) throw new SyntaxError("a histogram that starts with {{ has no }}");
  const inner = text.slice(start + 2, close);
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (inner.slice(FIELD.lastIndex).trim() !== "") {
    const at = FIELD.lastIndex;
    const match = FIELD.exec(inner);
    if (match === null) throw new SyntaxError(`bad histogram field at "${inner.slice(at).trim()}"`);
    const [, name = "", value = ""] = match;
    if (fields.has(name)) throw new SyntaxError(`histogram field ${name} is there twice`);
    fields.set(name, value);
  }
  return { histogram: histogramOf(fields), end: close + 2 };
}

function histogramOf(fields: Map<string, string>): HistogramNotation {
  const take = (name: string): string | undefined => {
    const value = fields.get(name);
    fields.delete(name);
    return value;
  };
  const schema = integer("schema", take("schema"));
  if (schema !== CUSTOM_BUCKETS && (schema < -4 || schema > 8))
    throw new SyntaxError(`histogram schema ${schema} is not known: -4 to 8, or -53 for custom buckets`);
  const hint = take("counter_reset_hint") ?? null;
  if (hint !== null && !HINTS.includes(hint))
    throw new SyntaxError(`counter_reset_hint ${hint} is not known: ${HINTS.join(", ")}`);
  const histogram: HistogramNotation = {
    schema,
    sum: float("sum", take("sum")),
    count: float("count", take("count")),
    zeroCount: float("z_bucket", take("z_bucket")),
    zeroThreshold: float("z_bucket_w", take("z_bucket_w")),
    offset: integer("offset", take("offset")),
    buckets: list("buckets", take("buckets")),
    negativeOffset: integer("n_offset", take("n_offset")),
    negativeBuckets: list("n_buckets", take("n_buckets")),
    customValues: list("custom_values", take("custom_values")),
    counterResetHint: hint,
  };
  const [unknown] = fields.keys();
  if (unknown !== undefined) throw new SyntaxError(`histogram field ${unknown} is not known`);
  return histogram;
}

function float(name: string, text: string | undefined): number {
  if (text === undefined) return 0;
  if (!NUMBER.test(text)) throw new SyntaxError(`histogram field ${name} is no number: ${text}`);
  if (/inf/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text.replace(/nan/i, "NaN"));
}

function integer(name: string, text: string | undefined): number {
  const value = float(name, text);
  if (!Number.isInteger(value)) throw new SyntaxError(`histogram field ${name} is no whole number: ${text}`);
  return value;
}

function list(name: string, text: string | undefined): readonly number[] {
  if (text === undefined) return [];
  if (!text.startsWith("[")) throw new SyntaxError(`histogram field ${name} is no list in [ ]`);
  const items = text.slice(1, -1).trim();
  return items === "" ? [] : items.split(/\s+/).map((item) => float(name, item));
}
