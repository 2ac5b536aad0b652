import { STALE_MARKER } from "@batchwatch/promql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader, ByteWriter } from "./byte-stream.ts";
import { MAX_INTEGER, readIntegers, writeIntegers } from "./integer-stream.ts";
import { readValues, writeValues } from "./value-chunk.ts";

function bits(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex");
}

function encode(values: Float64Array): Uint8Array {
  const writer = new ByteWriter();
  writeValues(writer, values, 0, values.length);
  return writer.take();
}

function decode(bytes: Uint8Array, count: number): Float64Array {
  const out = new Float64Array(count);
  const reader = new ByteReader(bytes);
  readValues(reader, count, out, 0);
  expect(reader.position).toBe(bytes.length);
  return out;
}

const ODD = new Float64Array([
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  5e-324,
  Number.MAX_VALUE,
  0.1 + 0.2,
  2 ** 53,
]);

/** What metrics look like, and what they never should. Written as bytes, so that NaN keep their bits. */
const valuesArbitrary = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      fc.integer({ min: -5, max: 100 }),
      fc.maxSafeInteger(),
      fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100),
      fc.double(),
      fc.constantFrom(...ODD.keys()).map((index) => ODD[index] ?? 0),
      fc.constant("stale" as const),
    ),
    { minLength: 1, maxLength: 300 },
  )
  .map((items) => {
    const values = new Float64Array(items.length);
    items.forEach((item, index) => {
      if (item === "stale") values.set(STALE_MARKER, index);
      else values[index] = item;
    });
    return values;
  });

describe("a chunk of values", () => {
  test("gives back every bit of any values", () => {
    fc.assert(
      fc.property(valuesArbitrary, (values) => {
        expect(bits(decode(encode(values), values.length))).toBe(bits(values));
      }),
      { numRuns: 500 },
    );
  });

  test("can be written from and read into the middle of arrays", () => {
    fc.assert(
      fc.property(valuesArbitrary, fc.nat(5), (values, before) => {
        const padded = new Float64Array(values.length + before + 3).fill(7);
        padded.set(values, before);
        const writer = new ByteWriter();
        writeValues(writer, padded, before, before + values.length);
        const out = new Float64Array(values.length + before + 3);
        readValues(new ByteReader(writer.view()), values.length, out, before);
        expect(bits(out.subarray(before, before + values.length))).toBe(bits(values));
        expect([out[before - 1] ?? 0, out[before + values.length]]).toEqual([0, 0]);
      }),
    );
  });

  test.each<[string, (index: number) => number, number]>([
    ["a constant", () => 1_793_000_000, 12],
    ["a counter that moves once a quarter of an hour", (index) => Math.floor(index / 60) * 3, 90],
    ["a clock in even steps", (index) => 1_793_000_000 + index * 15, 14],
    ["money", (index) => (index % 2) / 100, 1500],
    ["seconds with six decimals", (index) => (index % 60 === 0 ? 1 : 0) * 12.345678, 250],
  ])("of %s over six hours takes few bytes", (_name, valueAt, most) => {
    const values = Float64Array.from({ length: 1440 }, (_, index) => valueAt(index));
    expect(encode(values).length).toBeLessThanOrEqual(most);
  });

  test("of a series that ends in a stale marker is not much longer for it", () => {
    const values = new Float64Array(100).fill(3);
    const plain = encode(values).length;
    values.set(STALE_MARKER, 99);
    expect(encode(values).length).toBeLessThan(plain + 16);
  });

  test("that was cut is refused as damaged", () => {
    fc.assert(
      fc.property(valuesArbitrary, fc.nat(), (values, cut) => {
        const bytes = encode(values);
        const shorter = bytes.subarray(0, cut % bytes.length);
        expect(() => readValues(new ByteReader(shorter), values.length, new Float64Array(300), 0)).toThrow(
          /damaged/,
        );
      }),
    );
  });
});

test("integers up to the bound come back exactly", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -MAX_INTEGER, max: MAX_INTEGER })),
        {
          minLength: 1,
        },
      ),
      (list) => {
        const integers = Float64Array.from(list);
        const writer = new ByteWriter();
        writeIntegers(writer, integers, 0, integers.length);
        const out = new Float64Array(integers.length);
        readIntegers(new ByteReader(writer.view()), integers.length, out, 0, 1);
        expect([...out].map((value) => value + 0)).toEqual(list.map((value) => value + 0));
      },
    ),
  );
});
