/**
 * ExportMetricsServiceRequest from protobuf (metrics.proto), down to the metric; its points are in decode-protobuf-points.ts.
 * Case labels are whole tags: field number × 8 + wire type.
 */
import { NO_ATTRIBUTES } from "./attribute-map.ts";
import { keepMetric } from "./check-items.ts";
import { readAttributeInto, readResource, readScope } from "./decode-protobuf-common.ts";
import {
  readExponentialHistogramPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from "./decode-protobuf-points.ts";
import { NO_RESOURCE, NO_SCOPE } from "./empty-values.ts";
import { temporalityOf } from "./enum-values.ts";
import type {
  AttributeMap,
  Metric,
  MetricData,
  ResourceMetrics,
  ScopeMetrics,
  Temporality,
} from "./otlp-types.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function readMetrics(reader: ProtobufReader): readonly ResourceMetrics[] {
  const resourceMetrics: ResourceMetrics[] = [];
  for (let index = 0; reader.hasMore(); ) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skipField(tag);
      continue;
    }
    reader.state.enter("resourceMetrics", index++); // 1 resource_metrics
    resourceMetrics.push(readResourceMetrics(reader));
    reader.state.leave();
  }
  return resourceMetrics;
}

function readResourceMetrics(reader: ProtobufReader): ResourceMetrics {
  let resource = NO_RESOURCE;
  let schemaUrl = "";
  const scopeMetrics: ScopeMetrics[] = [];
  let index = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 resource
        resource = readResource(reader);
        break;
      case 0x12: // 2 scope_metrics
        reader.state.enter("scopeMetrics", index++);
        scopeMetrics.push(readScopeMetrics(reader));
        reader.state.leave();
        break;
      case 0x1a: // 3 schema_url
        schemaUrl = reader.text();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { resource, schemaUrl, scopeMetrics };
}

function readScopeMetrics(reader: ProtobufReader): ScopeMetrics {
  let scope = NO_SCOPE;
  let schemaUrl = "";
  const metrics: Metric[] = [];
  let index = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 scope
        scope = readScope(reader);
        break;
      case 0x12: {
        // 2 metrics
        reader.state.enter("metrics", index++);
        const metric = readMetric(reader);
        if (metric !== null) metrics.push(metric);
        reader.state.leave();
        break;
      }
      case 0x1a: // 3 schema_url
        schemaUrl = reader.text();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { scope, schemaUrl, metrics };
}

function readMetric(reader: ProtobufReader): Metric | null {
  let name = "";
  let description = "";
  let unit = "";
  let metadata: AttributeMap = NO_ATTRIBUTES;
  let data: MetricData | null = null;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 name
        name = reader.text();
        break;
      case 0x12: // 2 description
        description = reader.text();
        break;
      case 0x1a: // 3 unit
        unit = reader.text();
        break;
      case 0x2a: // 5 gauge
      case 0x3a: // 7 sum
      case 0x4a: // 9 histogram
      case 0x52: // 10 exponential_histogram
      case 0x5a: // 11 summary
        data = readMetricData(reader, tag, name);
        break;
      case 0x62: // 12 metadata
        metadata = readAttributeInto(reader, metadata);
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return keepMetric(reader.state, { name, description, unit, metadata }, data);
}

function readMetricData(reader: ProtobufReader, tag: number, name: string): MetricData {
  switch (tag) {
    case 0x2a: {
      const { points } = readPointList(reader, "gauge", name, readNumberPoint);
      return { kind: "gauge", points };
    }
    case 0x3a: {
      const { points, temporality, isMonotonic } = readPointList(reader, "sum", name, readNumberPoint);
      return { kind: "sum", temporality, isMonotonic, points };
    }
    case 0x4a: {
      const { points, temporality } = readPointList(reader, "histogram", name, readHistogramPoint);
      return { kind: "histogram", temporality, points };
    }
    case 0x52: {
      const { points, temporality } = readPointList(
        reader,
        "exponentialHistogram",
        name,
        readExponentialHistogramPoint,
      );
      return { kind: "exponentialHistogram", temporality, points };
    }
    default: {
      const { points } = readPointList(reader, "summary", name, readSummaryPoint);
      return { kind: "summary", points };
    }
  }
}

type ReadPoint<Point> = (reader: ProtobufReader, metricName: string) => Point | null;

interface PointList<Point> {
  points: Point[];
  temporality: Temporality;
  isMonotonic: boolean;
}

/** Gauge, Sum, Histogram, ExponentialHistogram and Summary number their fields alike. */
function readPointList<Point>(
  reader: ProtobufReader,
  field: string,
  metricName: string,
  readPoint: ReadPoint<Point>,
): PointList<Point> {
  const points: Point[] = [];
  let temporality: Temporality = "unspecified";
  let isMonotonic = false;
  let index = 0;
  const { state } = reader;
  state.enter(field);
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: {
        // 1 data_points
        state.enter("dataPoints", index++);
        const point = readPoint(reader, metricName);
        if (point !== null) points.push(point);
        state.leave();
        break;
      }
      case 0x10: // 2 aggregation_temporality
        temporality = temporalityOf(reader.int32());
        break;
      case 0x18: // 3 is_monotonic
        isMonotonic = reader.bool();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  state.leave();
  return { points, temporality, isMonotonic };
}
