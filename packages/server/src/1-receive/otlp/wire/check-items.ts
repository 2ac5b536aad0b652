/** The rules an item must keep to be taken, the same for both formats. Functions named `problemOf…` answer `null` for "none". */
import { type DecodeState, shorten } from "./decode-state.ts";
import { type HistogramPoint, type Metric, type MetricData, NO_RECORDED_VALUE_FLAG } from "./otlp-types.ts";

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const NO_TRACE_ID = "0".repeat(TRACE_ID_DIGITS);
const NO_SPAN_ID = "0".repeat(SPAN_ID_DIGITS);
const HEX = /^[0-9a-f]*$/;
export const NO_TIME = "timeUnixNano is missing";
/** What "base64 of 16 or 8 bytes" looks like: the usual mistake of generic protobuf-to-JSON encoders. */
const BASE64_ID = /^[A-Za-z0-9+/_-]{11,22}={0,2}$/;

export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
}

/** @returns the problem of a span's identity or time, or `null` if it can be kept. */
export function problemOfSpan(ids: SpanIds, startTimeMs: number | null): string | null {
  return (
    problemOfTraceId("traceId", ids.traceId) ??
    problemOfSpanId("spanId", ids.spanId) ??
    (ids.parentSpanId === null ? null : problemOfSpanId("parentSpanId", ids.parentSpanId)) ??
    (startTimeMs === null ? "startTimeUnixNano is missing" : null)
  );
}

/** An all-zero or empty parent id is how several SDKs write "root span". */
export function parentIdOrNull(id: string): string | null {
  return id === "" || id === NO_SPAN_ID ? null : id;
}

/** For ids that are optional: an invalid one counts as none. */
export function traceIdOrNull(id: string): string | null {
  return problemOfTraceId("traceId", id) === null ? id : null;
}

export function spanIdOrNull(id: string): string | null {
  return problemOfSpanId("spanId", id) === null ? id : null;
}

/** @returns the problem of a histogram point's shape (metrics.proto, `explicit_bounds`), or `null`. */
export function problemOfBuckets(
  point: Pick<HistogramPoint, "bucketCounts" | "explicitBounds">,
): string | null {
  const { bucketCounts, explicitBounds } = point;
  const expected = bucketCounts.length === 0 ? 0 : bucketCounts.length - 1;
  if (explicitBounds.length !== expected) {
    return `${bucketCounts.length} bucketCounts need ${expected} explicitBounds, got ${explicitBounds.length}`;
  }
  let previous = Number.NEGATIVE_INFINITY;
  for (const bound of explicitBounds) {
    // Negated, so that NaN is refused too.
    if (!(bound > previous)) return "explicitBounds do not increase";
    previous = bound;
  }
  return null;
}

/** @returns the problem of a number point: neither a value nor the flag that says there is none. */
export function problemOfNumberPoint(
  timeMs: number | null,
  value: number | null,
  flags: number,
): string | null {
  if (timeMs === null) return NO_TIME;
  return value === null && (flags & NO_RECORDED_VALUE_FLAG) === 0
    ? "asInt and asDouble are both missing"
    : null;
}

/** @returns the metric, or `null` (noted) if it cannot be stored under a name or has no points of a kind known here. */
export function keepMetric(
  state: DecodeState,
  description: Pick<Metric, "name" | "description" | "unit" | "metadata">,
  data: MetricData | null,
): Metric | null {
  const { name } = description;
  if (data === null) {
    state.reject(`no gauge, sum, histogram, exponentialHistogram or summary${named("metric", name)}`, 0);
    return null;
  }
  if (name === "") {
    state.reject("the metric has no name", data.points.length);
    return null;
  }
  return { ...description, ...data };
}

export function named(what: string, name: string): string {
  return name === "" ? "" : ` (${what} ${JSON.stringify(shorten(name, 80))})`;
}

function problemOfTraceId(field: string, id: string): string | null {
  return id.length === TRACE_ID_DIGITS && id !== NO_TRACE_ID && HEX.test(id)
    ? null
    : describeBadId(field, id, TRACE_ID_DIGITS);
}

function problemOfSpanId(field: string, id: string): string | null {
  return id.length === SPAN_ID_DIGITS && id !== NO_SPAN_ID && HEX.test(id)
    ? null
    : describeBadId(field, id, SPAN_ID_DIGITS);
}

function describeBadId(field: string, id: string, digits: number): string {
  if (id === "") return `${field} is missing`;
  if (!HEX.test(id)) {
    const hint = BASE64_ID.test(id) ? "; OTLP/JSON ids are hexadecimal, not base64" : "";
    return `${field} is not hexadecimal: got ${JSON.stringify(shorten(id, 40))}${hint}`;
  }
  if (id.length !== digits) return `${field} has ${id.length} hex digits, expected ${digits}`;
  return `${field} is all zeros`;
}
