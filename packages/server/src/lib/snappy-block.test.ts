import fc from "fast-check";
import { compress } from "snappyjs";
import { describe, expect, test } from "vitest";
import { readSnappyBlock } from "./snappy-block.ts";

const LIMIT = 1024 * 1024;

describe("a snappy block", () => {
  test("comes out as it went in", () => {
    const pieces = fc.array(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom("ab", "label", "x".repeat(90))),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(pieces, fc.nat(5), (list, again) => {
        const once = Buffer.concat(list.map((piece) => Buffer.from(piece as Uint8Array)));
        const bytes = new Uint8Array(Buffer.concat(Array.from({ length: again + 1 }, () => once)));
        expect(Buffer.from(readSnappyBlock(compress(bytes), LIMIT)).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  test.each<[string, number[], string]>([
    ["a literal with a length of two bytes", [3, 61 << 2, 2, 0, 97, 98, 99], "abc"],
    ["a copy that repeats itself", [6, 1 << 2, 97, 98, 1, 2], "ababab"],
    ["a copy with an offset of two bytes", [4, 1 << 2, 97, 98, (1 << 2) | 2, 2, 0], "abab"],
    ["a copy with an offset of four bytes", [4, 1 << 2, 97, 98, (1 << 2) | 3, 2, 0, 0, 0], "abab"],
    ["nothing", [0], ""],
  ])("reads %s", (_name, bytes, text) => {
    expect(Buffer.from(readSnappyBlock(Uint8Array.from(bytes), LIMIT)).toString()).toBe(text);
  });

  test.each<[string, number[]]>([
    ["an empty body", []],
    ["a length without an end", [0xff, 0xff, 0xff, 0xff, 0xff]],
    ["a literal that is cut", [3, 2 << 2, 97]],
    ["a literal longer than said", [1, 1 << 2, 97, 98]],
    ["a copy from before the beginning", [8, 0, 97, 1, 9]],
    ["a copy of offset 0", [8, 0, 97, 1, 0]],
    ["a copy that is cut", [8, 0, 97, 1]],
    ["less than said", [9, 0, 97]],
    ["a length past all reason", [0xff, 0xff, 0x3f, 0, 97]],
    ["plain text", [...Buffer.from("job_name")]],
  ])("%s is refused", (_name, bytes) => {
    expect(() => readSnappyBlock(Uint8Array.from(bytes), LIMIT)).toThrow(
      expect.objectContaining({ code: "CORRUPT_SNAPPY" }),
    );
  });

  test("larger than allowed is refused before memory is reserved", () => {
    const block = compress(new Uint8Array(LIMIT + 1));
    expect(() => readSnappyBlock(block, LIMIT)).toThrow(
      expect.objectContaining({ code: "SNAPPY_TOO_LARGE" }),
    );
    expect(() => readSnappyBlock(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), LIMIT)).toThrow(
      expect.objectContaining({ code: "SNAPPY_TOO_LARGE" }),
    );
  });

  test("of any bytes is read or refused, nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readSnappyBlock(bytes, LIMIT);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/SNAPPY/) });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
