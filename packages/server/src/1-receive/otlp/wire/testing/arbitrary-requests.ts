/** fast-check arbitraries of decoded requests that both wire formats can carry without loss. */
import fc from "fast-check";
import { newAttributeMap } from "../attribute-map.ts";
import type {
  AttributeMap,
  AttributeValue,
  Exemplar,
  Metric,
  OtlpLogRecord,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
  Span,
} from "../otlp-types.ts";
import { ENUM_VALUES, isBytes, markedBytes } from "./wire-values.ts";

const text = fc
  .oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "grapheme", maxLength: 60 }))
  .filter((value) => value.isWellFormed() && !isBytes(value));
const key = fc.oneof(
  fc.constantFrom("job_name", "status", "__proto__", "constructor", "toString", "", "0"),
  text,
);
const uint32 = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const double = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger());
const optionalDouble = fc.option(double);
/** 1970 to 2554, the whole of uint64 nanoseconds, with a fraction of whole nanoseconds. */
const instant = fc
  .tuple(fc.integer({ min: 1, max: 18_446_744_073_708 }), fc.integer({ min: 0, max: 999_999 }))
  .map(([ms, nanos]) => ms + nanos / 1_000_000);
const optionalInstant = fc.option(instant);

function hexId(bytes: number) {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString("hex"));
}
const traceId = hexId(16);
const spanId = hexId(8);

const { value: attributeValue } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    text,
    fc.boolean(),
    double,
    fc.constant(null),
    fc.uint8Array({ maxLength: 12 }).map(markedBytes),
    fc.array(tie("value"), { maxLength: 4 }),
    mapOf(tie("value")),
  ),
}));

function mapOf(value: fc.Arbitrary<AttributeValue>): fc.Arbitrary<AttributeMap> {
  return fc.array(fc.tuple(key, value), { maxLength: 5 }).map((entries) => {
    const map = newAttributeMap();
    for (const [name, each] of entries) map[name] = each;
    return map;
  });
}
const attributes = mapOf(attributeValue);

const resource = fc.record({ attributes, droppedAttributesCount: uint32 });
const scope = fc.record({ name: text, version: text, attributes, droppedAttributesCount: uint32 });
const few = { maxLength: 3 };

const span: fc.Arbitrary<Span> = fc.record({
  traceId,
  spanId,
  parentSpanId: fc.option(spanId),
  traceState: text,
  flags: uint32,
  name: text,
  kind: fc.constantFrom(...ENUM_VALUES.kind),
  startTimeMs: instant,
  endTimeMs: optionalInstant,
  attributes,
  droppedAttributesCount: uint32,
  events: fc.array(
    fc.record({ timeMs: optionalInstant, name: text, attributes, droppedAttributesCount: uint32 }),
    few,
  ),
  droppedEventsCount: uint32,
  links: fc.array(
    fc.record({
      traceId,
      spanId,
      traceState: text,
      flags: uint32,
      attributes,
      droppedAttributesCount: uint32,
    }),
    few,
  ),
  droppedLinksCount: uint32,
  status: fc.record({ code: fc.constantFrom(...ENUM_VALUES.statusCode), message: text }),
});

export const arbitraryTraces: fc.Arbitrary<readonly ResourceSpans[]> = fc.array(
  fc.record({
    resource,
    schemaUrl: text,
    scopeSpans: fc.array(fc.record({ scope, schemaUrl: text, spans: fc.array(span, few) }), few),
  }),
  few,
);

const logRecord: fc.Arbitrary<OtlpLogRecord> = fc.record({
  timeMs: optionalInstant,
  observedTimeMs: optionalInstant,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: text,
  body: attributeValue,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: fc.option(traceId),
  spanId: fc.option(spanId),
  eventName: text,
});

export const arbitraryLogs: fc.Arbitrary<readonly ResourceLogs[]> = fc.array(
  fc.record({
    resource,
    schemaUrl: text,
    scopeLogs: fc.array(fc.record({ scope, schemaUrl: text, logRecords: fc.array(logRecord, few) }), few),
  }),
  few,
);

const exemplar: fc.Arbitrary<Exemplar> = fc.record({
  timeMs: optionalInstant,
  value: double,
  traceId: fc.option(traceId),
  spanId: fc.option(spanId),
  attributes,
});
const exemplars = fc.array(exemplar, few);
const pointBase = { attributes, startTimeMs: optionalInstant, timeMs: instant, flags: uint32 };
const distribution = { count, sum: optionalDouble, min: optionalDouble, max: optionalDouble };

const numberPoint = fc.record({ ...pointBase, value: double, exemplars });
const histogramPoint = fc
  .record({
    ...pointBase,
    ...distribution,
    explicitBounds: fc.uniqueArray(fc.double({ noNaN: true }), {
      maxLength: 6,
      comparator: (one, other) => one === other,
    }),
    exemplars,
  })
  .chain(({ explicitBounds: bounds, ...point }) => {
    const explicitBounds = bounds
      .filter((bound) => bound > Number.NEGATIVE_INFINITY)
      .sort((one, other) => one - other);
    const size = explicitBounds.length + 1;
    const counts = fc.array(count, { minLength: size, maxLength: size });
    return fc.oneof(
      counts.map((bucketCounts) => ({ ...point, explicitBounds, bucketCounts })),
      fc.constant({ ...point, explicitBounds: [], bucketCounts: [] }),
    );
  });
const buckets = fc.record({ offset: fc.integer(), bucketCounts: fc.array(count, { maxLength: 6 }) });
const exponentialHistogramPoint = fc.record({
  ...pointBase,
  ...distribution,
  scale: fc.integer({ min: -10, max: 20 }),
  zeroCount: count,
  zeroThreshold: double,
  positive: buckets,
  negative: buckets,
  exemplars,
});
const summaryPoint = fc.record({
  ...pointBase,
  count,
  sum: double,
  quantiles: fc.array(fc.record({ quantile: double, value: double }), few),
});

const temporality = fc.constantFrom(...ENUM_VALUES.temporality);
const description = {
  name: text.filter((name) => name !== ""),
  description: text,
  unit: text,
  metadata: attributes,
};
const metric: fc.Arbitrary<Metric> = fc.oneof(
  fc.record({ ...description, kind: fc.constant("gauge" as const), points: fc.array(numberPoint, few) }),
  fc.record({
    ...description,
    kind: fc.constant("sum" as const),
    temporality,
    isMonotonic: fc.boolean(),
    points: fc.array(numberPoint, few),
  }),
  fc.record({
    ...description,
    kind: fc.constant("histogram" as const),
    temporality,
    points: fc.array(histogramPoint, few),
  }),
  fc.record({
    ...description,
    kind: fc.constant("exponentialHistogram" as const),
    temporality,
    points: fc.array(exponentialHistogramPoint, few),
  }),
  fc.record({ ...description, kind: fc.constant("summary" as const), points: fc.array(summaryPoint, few) }),
);

export const arbitraryMetrics: fc.Arbitrary<readonly ResourceMetrics[]> = fc.array(
  fc.record({
    resource,
    schemaUrl: text,
    scopeMetrics: fc.array(fc.record({ scope, schemaUrl: text, metrics: fc.array(metric, few) }), few),
  }),
  few,
);
