/** What a recorder got, as text that is the same each time: names, attributes, units and values; what must differ is named by kind. */
import type { RecordedRequest } from "./otlp-recorder.ts";

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
interface Point {
  attributes?: KeyValue[];
  asDouble?: number;
  asInt?: number | string;
  count?: number | string;
  explicitBounds?: number[];
}
interface Metric {
  name: string;
  unit?: string;
  gauge?: { dataPoints: Point[] };
  sum?: { dataPoints: Point[]; isMonotonic?: boolean; aggregationTemporality: number };
  histogram?: { dataPoints: Point[]; aggregationTemporality: number };
}

/** Attributes whose values are of this process and this moment. */
const VOLATILE =
  /^(host\.name|process\.|service\.instance\.id|batch\.event\.id|batch\.process\.|batch\.step\.(id|parent_id)|batch\.job\.(started_at|queued_at|duration_seconds|queue_wait_seconds)|exception\.stacktrace|telemetry\.distro\.version)/;
/** Metrics whose values are measured. */
const MEASURED = /(cpu_seconds|memory_bytes|timestamp)/;

interface LogRecord {
  eventName?: string;
  severityText?: string;
  body?: { stringValue?: string };
  attributes?: KeyValue[];
}
interface Span {
  name: string;
  status?: { code?: number; message?: string };
  attributes?: KeyValue[];
  events?: { name: string; attributes?: KeyValue[] }[];
  links?: object[];
}
interface Request {
  resourceLogs?: { resource: { attributes: KeyValue[] }; scopeLogs: { logRecords: LogRecord[] }[] }[];
  resourceSpans?: { scopeSpans: { spans: Span[] }[] }[];
  resourceMetrics?: { scopeMetrics: { metrics: Metric[] }[] }[];
}

export function goldenText(recorded: readonly RecordedRequest[]): string {
  const requests = recorded.map(({ body }) => JSON.parse(body.toString()) as Request);
  const resourceLogs = requests.flatMap((request) => request.resourceLogs ?? []);
  const logs = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
  const spans = requests
    .flatMap((request) => request.resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scope) => scope.spans);
  // Totals: the last export has them all.
  const metrics = (requests.findLast(({ resourceMetrics }) => resourceMetrics)?.resourceMetrics ?? [])
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scope) => scope.metrics);
  return [
    "resource",
    ...attributeLines(resourceLogs[0]?.resource.attributes),
    "",
    ...logs.flatMap(logLines),
    "",
    ...spans.flatMap(spanLines),
    "",
    ...metrics.flatMap(metricLines).sort(),
    "",
  ].join("\n");
}

function logLines({ eventName = "", severityText = "", body, attributes }: LogRecord): string[] {
  return [`log ${eventName} ${severityText}: ${body?.stringValue ?? ""}`, ...attributeLines(attributes)];
}

function spanLines({ name, status, attributes, events = [], links = [] }: Span): string[] {
  return [
    `span ${name} status ${status?.code ?? 0} ${status?.message ?? ""}`.trimEnd(),
    ...attributeLines(attributes),
    ...events.flatMap((event) => [
      `  event ${event.name}`,
      ...attributeLines(event.attributes).map((line) => `  ${line}`),
    ]),
    ...links.map(() => "  link to the attempt before"),
  ];
}

function metricLines({ name, unit = "", gauge, sum, histogram }: Metric): string[] {
  const kind = gauge ? "gauge" : histogram ? "histogram" : sum?.isMonotonic ? "counter" : "up-down counter";
  const points = (gauge ?? sum ?? histogram)?.dataPoints ?? [];
  return points.map((point) => {
    const labels = (point.attributes ?? []).map(({ key, value }) => `${key}="${text(value)}"`).sort();
    const plain = String(point.count ?? point.asInt ?? point.asDouble);
    const said = histogram ? `count ${plain} bounds ${point.explicitBounds?.join(" ")}` : plain;
    const value = MEASURED.test(name) ? "(measured)" : said;
    return `metric ${name} ${kind}${unit === "" ? "" : ` in ${unit}`} {${labels.join(",")}} ${value}`;
  });
}

function attributeLines(attributes: readonly KeyValue[] = []): string[] {
  return attributes
    .map(({ key, value }) => `  ${key} = ${VOLATILE.test(key) ? `(${Object.keys(value)[0]})` : text(value)}`)
    .sort();
}

function text(value: Record<string, unknown>): string {
  return String(Object.values(value)[0]);
}
