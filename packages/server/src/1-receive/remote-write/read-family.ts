/** `MetricMetadata{MetricType type = 1; string metric_family_name = 2; string help = 4; string unit = 5}` of remote write 1.0. */
import type { MetricFamily, MetricType } from "../../model/samples.ts";
import { WIRE, type WireCursor } from "./wire-cursor.ts";

/** By number. Kinds that we have no word for are "unknown". */
const TYPES: readonly MetricType[] = ["unknown", "counter", "gauge", "histogram", "unknown", "summary"];

const MAX_NAME_LENGTH = 1024;
const TYPE = (1 << 3) | WIRE.varint;
const FAMILY = (2 << 3) | WIRE.bytes;
const HELP = (4 << 3) | WIRE.bytes;
const UNIT = (5 << 3) | WIRE.bytes;

/** The one family, or none when it has no name. @throws WireError */
export function readFamily(cursor: WireCursor, end: number): MetricFamily[] {
  const family: MetricFamily = { family: "", type: "unknown", help: "", unit: "" };
  while (cursor.at < end) {
    const tag = cursor.uint32();
    switch (tag) {
      case TYPE:
        family.type = TYPES[cursor.int64()] ?? "unknown";
        break;
      case FAMILY:
        family.family = readText(cursor, end);
        break;
      case HELP:
        family.help = readText(cursor, end);
        break;
      case UNIT:
        family.unit = readText(cursor, end);
        break;
      default:
        cursor.skip(tag & 7, end);
    }
  }
  return family.family === "" || family.family.length > MAX_NAME_LENGTH ? [] : [family];
}

function readText(cursor: WireCursor, limit: number): string {
  const end = cursor.endOfBytes(limit);
  const text = Buffer.from(
    cursor.bytes.buffer,
    cursor.bytes.byteOffset + cursor.at,
    end - cursor.at,
  ).toString();
  cursor.at = end;
  return text;
}
