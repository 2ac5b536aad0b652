/**
 * Decoded OTLP requests: what both decoders (protobuf, JSON) hand on. Shapes follow opentelemetry-proto 1.11.0; what JavaScript
 * has a better form for is converted here and nowhere else:
 *
 * - Ids are lower-case hexadecimal text; `null` where there is none (also: a root span's parent).
 * - Instants are epoch milliseconds **with a fraction**, named `…TimeMs`; `null` where the wire says 0 or nothing. A double holds
 *   today's instants to 0.25 µs, below what clocks and SDKs keep apart, and both decoders round alike: the same nanoseconds always
 *   give the same number. So no nanosecond `bigint` is kept, not even for identity: a re-sent point compares equal.
 * - 64-bit integers in attributes are numbers up to ±(2^53 − 1) and decimal text beyond. Counts and values are numbers throughout.
 * - Attributes are objects without a prototype: a key `__proto__` or `constructor` is a key like any other. The last of equal keys
 *   wins. Bytes are base64 text; an empty AnyValue is `null`.
 * - Items that break a rule of their own are left out and counted in `rejected`; everything else of the request is kept.
 *
 * Decoded data is shared (resources, empty lists) and therefore read-only.
 */
import type { Attributes, AttributeValue } from "../../../model/telemetry.ts";

export type { AttributeValue };
export type AttributeMap = Attributes;

export type OtlpSignal = "traces" | "metrics" | "logs";
export type OtlpFormat = "protobuf" | "json";

/** What was left out of a request. `count` is in the signal's unit: spans, data points, log records. */
export interface RejectedItems {
  readonly count: number;
  /** The first few, each with the field path; may hold warnings about things that count 0. */
  readonly reasons: readonly string[];
}

export interface Resource {
  readonly attributes: AttributeMap;
  readonly droppedAttributesCount: number;
}

export interface InstrumentationScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: AttributeMap;
  readonly droppedAttributesCount: number;
}

// Traces

export interface DecodedTraces {
  readonly resourceSpans: readonly ResourceSpans[];
  readonly rejected: RejectedItems;
}

export interface ResourceSpans {
  readonly resource: Resource;
  readonly schemaUrl: string;
  readonly scopeSpans: readonly ScopeSpans[];
}

export interface ScopeSpans {
  readonly scope: InstrumentationScope;
  readonly schemaUrl: string;
  readonly spans: readonly Span[];
}

export type SpanKind = "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";
export type SpanStatusCode = "unset" | "ok" | "error";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTimeMs: number;
  /** `null`: the span has not ended (some SDKs export unfinished spans). */
  readonly endTimeMs: number | null;
  readonly attributes: AttributeMap;
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  /** Links with invalid ids are left out and counted in `droppedLinksCount`. */
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
  readonly status: { readonly code: SpanStatusCode; readonly message: string };
}

export interface SpanEvent {
  readonly timeMs: number | null;
  readonly name: string;
  readonly attributes: AttributeMap;
  readonly droppedAttributesCount: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: AttributeMap;
  readonly droppedAttributesCount: number;
}

// Logs

export interface DecodedLogs {
  readonly resourceLogs: readonly ResourceLogs[];
  readonly rejected: RejectedItems;
}

export interface ResourceLogs {
  readonly resource: Resource;
  readonly schemaUrl: string;
  readonly scopeLogs: readonly ScopeLogs[];
}

export interface ScopeLogs {
  readonly scope: InstrumentationScope;
  readonly schemaUrl: string;
  readonly logRecords: readonly OtlpLogRecord[];
}

export interface OtlpLogRecord {
  readonly timeMs: number | null;
  readonly observedTimeMs: number | null;
  /** 1 (trace) to 24 (fatal 4); 0 = not given. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly attributes: AttributeMap;
  readonly droppedAttributesCount: number;
  readonly flags: number;
  /** An invalid id counts as none (logs.proto), it does not reject the record. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly eventName: string;
}

// Metrics

export interface DecodedMetrics {
  readonly resourceMetrics: readonly ResourceMetrics[];
  readonly rejected: RejectedItems;
}

export interface ResourceMetrics {
  readonly resource: Resource;
  readonly schemaUrl: string;
  readonly scopeMetrics: readonly ScopeMetrics[];
}

export interface ScopeMetrics {
  readonly scope: InstrumentationScope;
  readonly schemaUrl: string;
  readonly metrics: readonly Metric[];
}

interface MetricDescription {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metadata: AttributeMap;
}

export type Temporality = "unspecified" | "delta" | "cumulative";

export type MetricData =
  | { readonly kind: "gauge"; readonly points: readonly NumberPoint[] }
  | {
      readonly kind: "sum";
      readonly temporality: Temporality;
      readonly isMonotonic: boolean;
      readonly points: readonly NumberPoint[];
    }
  | {
      readonly kind: "histogram";
      readonly temporality: Temporality;
      readonly points: readonly HistogramPoint[];
    }
  | {
      readonly kind: "exponentialHistogram";
      readonly temporality: Temporality;
      readonly points: readonly ExponentialHistogramPoint[];
    }
  | { readonly kind: "summary"; readonly points: readonly SummaryPoint[] };

export type Metric = MetricDescription & MetricData;

/** Bit of `flags`: the series has no value here; it is a staleness marker. The value of a number point is then NaN. */
export const NO_RECORDED_VALUE_FLAG = 1;

interface MetricPointBase {
  readonly attributes: AttributeMap;
  readonly startTimeMs: number | null;
  readonly timeMs: number;
  readonly flags: number;
}

export interface NumberPoint extends MetricPointBase {
  readonly value: number;
  readonly exemplars: readonly Exemplar[];
}

export interface HistogramPoint extends MetricPointBase {
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Empty, or one more than `explicitBounds`; not cumulative. */
  readonly bucketCounts: readonly number[];
  /** Strictly increasing upper bounds (inclusive). */
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly Exemplar[];
}

export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

export interface ExponentialHistogramPoint extends MetricPointBase {
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Base of the buckets is 2^(2^−scale). */
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly exemplars: readonly Exemplar[];
}

export interface SummaryPoint extends MetricPointBase {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

/** Exemplars without a value are left out. */
export interface Exemplar {
  readonly timeMs: number | null;
  readonly value: number;
  /** An invalid id counts as none. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly attributes: AttributeMap;
}
