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

export function goldenText(requests: readonly RecordedRequest[]): string {
  const bodies = requests.map(({ path, body }) => ({ path, json: JSON.parse(body.toString()) as never }));
  const of = (path: string): never[] => bodies.filter((each) => each.path === path).map(({ json }) => json);
  const logs = of("/v1/logs").flatMap(
    ({ resourceLogs }: { resourceLogs: [{ scopeLogs: [{ logRecords: object[] }] }] }) =>
      resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );
  const spans = of("/v1/traces").flatMap(
    ({ resourceSpans }: { resourceSpans: [{ scopeSpans: [{ spans: object[] }] }] }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  const last = of("/v1/metrics").at(-1) as
    | { resourceMetrics: [{ scopeMetrics: [{ metrics: Metric[] }] }] }
    | undefined;
  const metrics =
    last?.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)) ?? [];
  const resource = (
    of("/v1/logs")[0] as unknown as { resourceLogs: [{ resource: { attributes: KeyValue[] } }] }
  ).resourceLogs[0].resource;
  return [
    "resource",
    ...attributeLines(resource.attributes),
    "",
    ...logs.flatMap(logLines),
    "",
    ...spans.flatMap(spanLines),
    "",
    ...metrics.flatMap(metricLines).sort(),
    "",
  ].join("\n");
}

function logLines(record: {
  eventName?: string;
  severityText?: string;
  body?: { stringValue?: string };
  attributes?: KeyValue[];
}): string[] {
  const { eventName = "", severityText = "", body, attributes } = record;
  return [`log ${eventName} ${severityText}: ${body?.stringValue ?? ""}`, ...attributeLines(attributes)];
}

function spanLines(span: {
  name: string;
  status?: { code?: number; message?: string };
  attributes?: KeyValue[];
  events?: { name: string; attributes?: KeyValue[] }[];
  links?: object[];
}): string[] {
  const { name, status, attributes, events = [], links = [] } = span;
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

function metricLines(metric: Metric): string[] {
  const { name, unit = "", gauge, sum, histogram } = metric;
  const kind = gauge ? "gauge" : sum ? (sum.isMonotonic ? "counter" : "up-down counter") : "histogram";
  const points = (gauge ?? sum ?? histogram)?.dataPoints ?? [];
  return points.map((point) => {
    const labels = (point.attributes ?? [])
      .map(({ key, value }) => `${key}="${text(value)}"`)
      .sort()
      .join(",");
    const plain = point.count ?? point.asInt ?? point.asDouble;
    const value = MEASURED.test(name)
      ? "(measured)"
      : histogram
        ? `count ${plain} bounds ${point.explicitBounds?.join(" ")}`
        : plain;
    return `metric ${name} ${kind}${unit === "" ? "" : ` in ${unit}`} {${labels}} ${value}`;
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
