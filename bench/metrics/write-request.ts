/**
 * Bodies of Prometheus remote write 1.0 and of OTLP, made by hand into one buffer: making the load must not cost more
 * than taking it. Labels are encoded once for each series.
 */
import { compress } from "snappyjs";
import type { FleetSeries } from "./fleet-series.ts";

const MAX_VARINT_BYTES = 10;

/** `times` and, series by series, `values[series * times.length + time]`. */
export interface Slice {
  series: readonly FleetSeries[];
  times: readonly number[];
  values: Float64Array;
}

const labelBytes = new WeakMap<FleetSeries, Buffer>();

/** The snappy block of a WriteRequest. */
export function remoteWriteBody({ series, times, values }: Slice): Buffer {
  const parts = series.map((one, index) => {
    const labels = labelsOf(one);
    const samples = Buffer.alloc(times.length * (4 + 9 + MAX_VARINT_BYTES));
    let at = 0;
    for (const [step, time] of times.entries()) {
      const timeBytes = varintBytes(time);
      samples[at++] = 0x12;
      samples[at++] = 9 + 1 + timeBytes;
      samples[at++] = 0x09;
      at = samples.writeDoubleLE(values[index * times.length + step] ?? 0, at);
      samples[at++] = 0x10;
      at = writeVarint(samples, time, at);
    }
    const head = Buffer.alloc(1 + MAX_VARINT_BYTES);
    head[0] = 0x0a;
    const headEnd = writeVarint(head, labels.length + at, 1);
    return [head.subarray(0, headEnd), labels, samples.subarray(0, at)];
  });
  return Buffer.from(compress(Buffer.concat(parts.flat())));
}

function labelsOf(series: FleetSeries): Buffer {
  const known = labelBytes.get(series);
  if (known !== undefined) return known;
  const encoded = Buffer.concat(
    series.labels.map(([name, value]) => {
      const pair = Buffer.concat([textField(0x0a, name), textField(0x12, value)]);
      return Buffer.concat([Buffer.from([0x0a, pair.length]), pair]);
    }),
  );
  labelBytes.set(series, encoded);
  return encoded;
}

/** Texts here are short: one byte of length. */
function textField(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

function writeVarint(into: Buffer, value: number, offset: number): number {
  let at = offset;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 128;
  into[at++] = rest;
  return at;
}
