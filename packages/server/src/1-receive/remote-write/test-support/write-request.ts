/** Writes `WriteRequest`s as senders do, by protobufjs's writer. */
import { Writer } from "protobufjs/minimal.js";
import { compress } from "snappyjs";

export interface SentSeries {
  labels: readonly (readonly [string, string])[];
  /** Value (a Buffer = its eight bytes) and time. */
  samples: readonly (readonly [number | Uint8Array, number])[];
  exemplars?: number;
  histograms?: number;
}

export interface SentFamily {
  type: number;
  family: string;
  help?: string;
  unit?: string;
}

export function writeRequest(
  series: readonly SentSeries[],
  families: readonly SentFamily[] = [],
): Uint8Array {
  const writer = Writer.create();
  for (const one of series) {
    writer.uint32(0x0a).fork();
    for (const [name, value] of one.labels)
      writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim();
    for (const [value, at] of one.samples) {
      writer.uint32(0x12).fork().uint32(0x09);
      if (typeof value === "number") writer.double(value);
      else writer.fixed32(Buffer.from(value).readUInt32LE(0)).fixed32(Buffer.from(value).readUInt32LE(4));
      writer.uint32(0x10).int64(at).ldelim();
    }
    for (let index = 0; index < (one.exemplars ?? 0); index++)
      writer.uint32(0x1a).fork().uint32(0x11).double(1).ldelim();
    for (let index = 0; index < (one.histograms ?? 0); index++)
      writer.uint32(0x22).fork().uint32(0x78).int64(1).ldelim();
    writer.ldelim();
  }
  for (const { type, family, help = "", unit = "" } of families)
    writer
      .uint32(0x1a)
      .fork()
      .uint32(0x08)
      .int32(type)
      .uint32(0x12)
      .string(family)
      .uint32(0x22)
      .string(help)
      .uint32(0x2a)
      .string(unit)
      .ldelim();
  return writer.finish();
}

export function snappyBlock(bytes: Uint8Array): Buffer {
  return Buffer.from(compress(new Uint8Array(bytes)));
}
