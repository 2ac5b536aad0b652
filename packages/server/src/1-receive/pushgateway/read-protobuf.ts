/** Length-delimited `io.prometheus.client.MetricFamily` messages, as client libraries push them. */
import protobuf from "protobufjs";
import type { PushedFamily, PushedSample, PushedType } from "../../model/push-group.ts";
import { PushError } from "./push-error.ts";

const { Reader } = protobuf;
type ProtoReader = InstanceType<typeof Reader>;

const TYPES: readonly PushedType[] = ["counter", "gauge", "summary", "untyped", "histogram"];

interface Parts {
  labels: Record<string, string>;
  hasTimestamp: boolean;
  /** Suffix, extra label, value. */
  values: { suffix: string; extra: readonly [string, string] | null; value: number }[];
}

/** @throws PushError */
export function readProtobuf(body: Uint8Array): PushedFamily[] {
  const reader = Reader.create(body);
  const families: PushedFamily[] = [];
  try {
    while (reader.pos < reader.len) {
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) throw new PushError("a metric family is cut short");
      const family = readFamily(reader, end);
      if (family.samples.length > 0) families.push(family);
    }
  } catch (error) {
    if (error instanceof PushError) throw error;
    throw new PushError(`no valid protobuf: ${error instanceof Error ? error.message : String(error)}`);
  }
  return families;
}

function readFamily(reader: ProtoReader, end: number): PushedFamily {
  let [name, help, type] = ["", "", "untyped" as PushedType];
  const metrics: Parts[] = [];
  fields(reader, end, (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) help = reader.string();
    else if (field === 3) type = TYPES[reader.uint32()] ?? "untyped";
    else if (field === 4) metrics.push(readMetric(reader, reader.uint32() + reader.pos));
    else return false;
    return true;
  });
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name))
    throw new PushError(`${JSON.stringify(name.slice(0, 60))} is no metric name`);
  if (metrics.some(({ hasTimestamp }) => hasTimestamp))
    throw new PushError("pushed metrics must not have timestamps");
  const samples = metrics.flatMap(({ labels, values }) =>
    values.map(
      ({ suffix, extra, value }): PushedSample => ({
        name: name + suffix,
        labels: extra === null ? labels : { ...labels, [extra[0]]: extra[1] },
        value: String(value),
      }),
    ),
  );
  return { name, type, help, samples };
}

function readMetric(reader: ProtoReader, end: number): Parts {
  const parts: Parts = { labels: {}, hasTimestamp: false, values: [] };
  fields(reader, end, (field) => {
    switch (field) {
      case 1:
        readLabel(reader, reader.uint32() + reader.pos, parts.labels);
        return true;
      // gauge, counter, untyped: their value is field 1
      case 2:
      case 3:
      case 5:
        parts.values.push({ suffix: "", extra: null, value: readValue(reader) });
        return true;
      case 4:
        readSummary(reader, parts);
        return true;
      case 6:
        parts.hasTimestamp = Number(reader.int64()) !== 0;
        return true;
      case 7:
        readHistogram(reader, parts);
        return true;
      default:
        return false;
    }
  });
  return parts;
}

function readLabel(reader: ProtoReader, end: number, labels: Record<string, string>): void {
  let [name, value] = ["", ""];
  fields(reader, end, (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith("__"))
    throw new PushError(`${JSON.stringify(name.slice(0, 60))} is no label name`);
  labels[name] = value;
}

function readValue(reader: ProtoReader): number {
  let value = 0;
  fields(reader, reader.uint32() + reader.pos, (field) => {
    if (field !== 1) return false;
    value = reader.double();
    return true;
  });
  return value;
}

function readSummary(reader: ProtoReader, { values }: Parts): void {
  fields(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) values.push({ suffix: "_count", extra: null, value: Number(reader.uint64()) });
    else if (field === 2) values.push({ suffix: "_sum", extra: null, value: reader.double() });
    else if (field === 3) {
      let [quantile, value] = [0, 0];
      fields(reader, reader.uint32() + reader.pos, (inner) => {
        if (inner === 1) quantile = reader.double();
        else if (inner === 2) value = reader.double();
        else return false;
        return true;
      });
      values.push({ suffix: "", extra: ["quantile", String(quantile)], value });
    } else return false;
    return true;
  });
}

function readHistogram(reader: ProtoReader, { values }: Parts): void {
  let count = 0;
  let hasInfinite = false;
  fields(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) {
      count = Number(reader.uint64());
      values.push({ suffix: "_count", extra: null, value: count });
    } else if (field === 2) values.push({ suffix: "_sum", extra: null, value: reader.double() });
    else if (field === 3) {
      let [below, bound] = [0, 0];
      fields(reader, reader.uint32() + reader.pos, (inner) => {
        if (inner === 1) below = Number(reader.uint64());
        else if (inner === 2) bound = reader.double();
        else return false;
        return true;
      });
      hasInfinite ||= bound === Number.POSITIVE_INFINITY;
      const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound);
      values.push({ suffix: "_bucket", extra: ["le", le], value: below });
    } else return false;
    return true;
  });
  if (!hasInfinite) values.push({ suffix: "_bucket", extra: ["le", "+Inf"], value: count });
}

/** @param read answers false for a field that it does not know, which is then left out */
function fields(reader: ProtoReader, end: number, read: (field: number) => boolean): void {
  if (end > reader.len) throw new PushError("a message is cut short");
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag >>> 3)) reader.skipType(tag & 7);
  }
}
