/** Metric points from protobuf (metrics.proto). Case labels are whole tags: field number × 8 + wire type. */
import { NO_ATTRIBUTES } from "./attribute-map.ts";
import { NO_TIME, named, problemOfBuckets, problemOfNumberPoint } from "./check-items.ts";
import { readAttributeInto } from "./decode-protobuf-common.ts";
import { readExemplarInto } from "./decode-protobuf-exemplars.ts";
import { NO_BUCKETS, NO_EXEMPLARS } from "./empty-values.ts";
import type {
  AttributeMap,
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  SummaryPoint,
} from "./otlp-types.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function readNumberPoint(reader: ProtobufReader, metricName: string): NumberPoint | null {
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let startTimeMs: number | null = null;
  let timeMs: number | null = null;
  let value: number | null = null;
  let flags = 0;
  let exemplars: Exemplar[] | null = null;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x11: // 2 start_time_unix_nano
        startTimeMs = reader.timeMs();
        break;
      case 0x19: // 3 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x21: // 4 as_double
        value = reader.float64();
        break;
      case 0x2a: // 5 exemplars
        exemplars = readExemplarInto(reader, exemplars);
        break;
      case 0x31: // 6 as_int
        value = reader.sfixed64Number();
        break;
      case 0x3a: // 7 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x40: // 8 flags
        flags = reader.uint32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  const problem = problemOfNumberPoint(timeMs, value, flags);
  if (problem !== null || timeMs === null) {
    return reject(reader, problem, metricName);
  }
  return {
    attributes,
    startTimeMs,
    timeMs,
    flags,
    value: value ?? Number.NaN,
    exemplars: exemplars ?? NO_EXEMPLARS,
  };
}

export function readHistogramPoint(reader: ProtobufReader, metricName: string): HistogramPoint | null {
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let startTimeMs: number | null = null;
  let timeMs: number | null = null;
  let flags = 0;
  let count = 0;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  const bucketCounts: number[] = [];
  const explicitBounds: number[] = [];
  let exemplars: Exemplar[] | null = null;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x11: // 2 start_time_unix_nano
        startTimeMs = reader.timeMs();
        break;
      case 0x19: // 3 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x21: // 4 count
        count = reader.fixed64Number();
        break;
      case 0x29: // 5 sum
        sum = reader.float64();
        break;
      case 0x31: // 6 bucket_counts, unpacked
        reader.takeNumber();
        bucketCounts.push(reader.fixed64Number());
        break;
      case 0x32: // 6 bucket_counts
        reader.packedFixed64Numbers(bucketCounts);
        break;
      case 0x39: // 7 explicit_bounds, unpacked
        reader.takeNumber();
        explicitBounds.push(reader.float64());
        break;
      case 0x3a: // 7 explicit_bounds
        reader.packedFloat64s(explicitBounds);
        break;
      case 0x42: // 8 exemplars
        exemplars = readExemplarInto(reader, exemplars);
        break;
      case 0x4a: // 9 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x50: // 10 flags
        flags = reader.uint32();
        break;
      case 0x59: // 11 min
        min = reader.float64();
        break;
      case 0x61: // 12 max
        max = reader.float64();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  const problem = problemOfBuckets({ bucketCounts, explicitBounds });
  if (problem !== null || timeMs === null) return reject(reader, problem, metricName);
  return {
    attributes,
    startTimeMs,
    timeMs,
    flags,
    count,
    sum,
    min,
    max,
    bucketCounts,
    explicitBounds,
    exemplars: exemplars ?? NO_EXEMPLARS,
  };
}

export function readExponentialHistogramPoint(
  reader: ProtobufReader,
  metricName: string,
): ExponentialHistogramPoint | null {
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let startTimeMs: number | null = null;
  let timeMs: number | null = null;
  let flags = 0;
  let count = 0;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let scale = 0;
  let zeroCount = 0;
  let zeroThreshold = 0;
  let positive = NO_BUCKETS;
  let negative = NO_BUCKETS;
  let exemplars: Exemplar[] | null = null;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x11: // 2 start_time_unix_nano
        startTimeMs = reader.timeMs();
        break;
      case 0x19: // 3 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x21: // 4 count
        count = reader.fixed64Number();
        break;
      case 0x29: // 5 sum
        sum = reader.float64();
        break;
      case 0x30: // 6 scale
        scale = reader.sint32();
        break;
      case 0x39: // 7 zero_count
        zeroCount = reader.fixed64Number();
        break;
      case 0x42: // 8 positive
        positive = readBuckets(reader);
        break;
      case 0x4a: // 9 negative
        negative = readBuckets(reader);
        break;
      case 0x50: // 10 flags
        flags = reader.uint32();
        break;
      case 0x5a: // 11 exemplars
        exemplars = readExemplarInto(reader, exemplars);
        break;
      case 0x61: // 12 min
        min = reader.float64();
        break;
      case 0x69: // 13 max
        max = reader.float64();
        break;
      case 0x71: // 14 zero_threshold
        zeroThreshold = reader.float64();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  if (timeMs === null) return reject(reader, null, metricName);
  return {
    attributes,
    startTimeMs,
    timeMs,
    flags,
    count,
    sum,
    min,
    max,
    scale,
    zeroCount,
    zeroThreshold,
    positive,
    negative,
    exemplars: exemplars ?? NO_EXEMPLARS,
  };
}

export function readSummaryPoint(reader: ProtobufReader, metricName: string): SummaryPoint | null {
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let startTimeMs: number | null = null;
  let timeMs: number | null = null;
  let flags = 0;
  let count = 0;
  let sum = 0;
  const quantiles: SummaryPoint["quantiles"][number][] = [];
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x11: // 2 start_time_unix_nano
        startTimeMs = reader.timeMs();
        break;
      case 0x19: // 3 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x21: // 4 count
        count = reader.fixed64Number();
        break;
      case 0x29: // 5 sum
        sum = reader.float64();
        break;
      case 0x32: // 6 quantile_values
        quantiles.push(readQuantile(reader));
        break;
      case 0x3a: // 7 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x40: // 8 flags
        flags = reader.uint32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  if (timeMs === null) return reject(reader, null, metricName);
  return { attributes, startTimeMs, timeMs, flags, count, sum, quantiles };
}

function reject(reader: ProtobufReader, problem: string | null, metricName: string): null {
  reader.state.reject((problem ?? NO_TIME) + named("metric", metricName));
  return null;
}

function readBuckets(reader: ProtobufReader): ExponentialBuckets {
  let offset = 0;
  const bucketCounts: number[] = [];
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x08: // 1 offset
        offset = reader.sint32();
        break;
      case 0x10: // 2 bucket_counts, unpacked
        reader.takeNumber();
        bucketCounts.push(reader.varint64Number());
        break;
      case 0x12: // 2 bucket_counts
        reader.packedVarint64Numbers(bucketCounts);
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { offset, bucketCounts };
}

function readQuantile(reader: ProtobufReader): SummaryPoint["quantiles"][number] {
  let quantile = 0;
  let value = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x09: // 1 quantile
        quantile = reader.float64();
        break;
      case 0x11: // 2 value
        value = reader.float64();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { quantile, value };
}
