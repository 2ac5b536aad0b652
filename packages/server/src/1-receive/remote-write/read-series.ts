/** The labels of one series, out of their bytes; read once and then known by these bytes. What cannot be a series is known too. */
import { labelsOf, METRIC_NAME } from "@batchwatch/promql";
import { cleanText } from "../../lib/clean-text.ts";
import { KnownSeries } from "../../model/samples.ts";
import { WIRE, type WireCursor, WireError } from "./wire-cursor.ts";

/** Why its samples cannot be stored. */
export interface InvalidSeries {
  problem: string;
}

export type ReadSeries = KnownSeries | InvalidSeries;

const MAX_LABELS = 128;
const MAX_NAME_BYTES = 1024;
const MAX_VALUE_BYTES = 8192;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the labels that stand one after the other from `from` to `to`. @throws WireError */
export function readSeries(cursor: WireCursor, from: number, to: number): ReadSeries {
  const before = cursor.at;
  cursor.at = from;
  const pairs: [string, string][] = [];
  try {
    while (cursor.at < to) {
      cursor.uint32();
      const end = cursor.endOfBytes(to);
      pairs.push(readLabel(cursor, end));
    }
  } catch (error) {
    if (error instanceof WireError) throw error;
    return { problem: "a label is no UTF-8" };
  } finally {
    cursor.at = before;
  }
  return seriesOf(pairs);
}

/** @param pairs as they were sent: in any order, some perhaps empty */
export function seriesOf(pairs: readonly (readonly [string, string])[]): ReadSeries {
  const told = pairs.filter(([, value]) => value !== "");
  const metric = told.find(([name]) => name === METRIC_NAME)?.[1];
  if (metric === undefined) return { problem: `a series has no ${METRIC_NAME}` };
  const problem = whyInvalid(told);
  if (problem !== null) return { problem: `a series of ${JSON.stringify(metric.slice(0, 200))} ${problem}` };
  return new KnownSeries(labelsOf(told.map(([name, value]) => [cleanText(name), cleanText(value)])));
}

function whyInvalid(pairs: readonly (readonly [string, string])[]): string | null {
  if (pairs.length > MAX_LABELS) return `has ${pairs.length} labels; ${MAX_LABELS} are allowed`;
  const names = new Set<string>();
  for (const [name, value] of pairs) {
    if (name === "") return "has a label without a name";
    if (names.has(name)) return `has the label ${JSON.stringify(name.slice(0, 200))} twice`;
    if (Buffer.byteLength(name) > MAX_NAME_BYTES)
      return `has a label name of more than ${MAX_NAME_BYTES} bytes`;
    if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
      return `has a value of more than ${MAX_VALUE_BYTES} bytes in ${JSON.stringify(name)}`;
    names.add(name);
  }
  return null;
}

/** `Label{name = 1, value = 2}`. */
function readLabel(cursor: WireCursor, end: number): [string, string] {
  let name = "";
  let value = "";
  while (cursor.at < end) {
    const tag = cursor.uint32();
    if (tag === NAME || tag === VALUE) {
      const last = cursor.endOfBytes(end);
      const text = decoder.decode(cursor.bytes.subarray(cursor.at, last));
      cursor.at = last;
      if (tag === NAME) name = text;
      else value = text;
    } else cursor.skip(tag & 7, end);
  }
  return [name, value];
}

const NAME = (1 << 3) | WIRE.bytes;
const VALUE = (2 << 3) | WIRE.bytes;
