import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSegment, encodeSegment, type SegmentColumns } from "./segment-codec.ts";

const sample = fc.tuple(fc.nat(2 ** 32 - 1), fc.maxSafeInteger(), fc.double());

describe("a segment", () => {
  test("comes back bit by bit", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
        const columns = {
          seriesIds: Uint32Array.from(samples, ([id]) => id),
          times: Float64Array.from(samples, ([, at]) => at),
          values: Float64Array.from(samples, ([, , value]) => value),
        };
        const decoded = roundTrip(columns);
        expect(decoded.seriesIds).toEqual(columns.seriesIds);
        expect(decoded.times).toEqual(columns.times);
        expect(bits(decoded.values)).toEqual(bits(columns.values));
      }),
    );
  });

  test("keeps the payload of a NaN, by which staleness is marked", () => {
    const values = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer);
    const { values: decoded } = roundTrip({
      seriesIds: Uint32Array.of(1),
      times: Float64Array.of(1),
      values,
    });
    expect(bits(decoded)).toEqual([0x7ff0000000000002n]);
  });

  test("that is damaged is refused as such, or says what it said", () => {
    const { kind, data: whole } = encodeSegment({
      seriesIds: Uint32Array.from({ length: 5000 }, (_, index) => index % 7),
      times: new Float64Array(5000).fill(1),
      values: new Float64Array(5000).fill(2),
    });
    for (const damaged of [new Uint8Array(), whole.subarray(0, whole.length - 3), Buffer.from("no segment")])
      expect(() => decodeSegment(kind, damaged)).toThrow(expect.objectContaining({ code: "CORRUPT" }));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(whole);
        damaged[at] = byte;
        try {
          // A few bits of a frame's header say nothing.
          expect(decodeSegment(kind, damaged)).toEqual(decodeSegment(kind, whole));
        } catch (error) {
          expect(error).toMatchObject({ code: "CORRUPT", retryable: false });
        }
      }),
    );
  });
});

function roundTrip(columns: SegmentColumns): SegmentColumns {
  const { kind, data } = encodeSegment(columns);
  return decodeSegment(kind, data);
}

function bits(values: Float64Array): bigint[] {
  return [...new BigUint64Array(values.slice().buffer)];
}
