import { Readable } from "node:stream";
import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  BodyTooLargeError,
  CorruptBodyError,
  DEFAULT_MAX_BODY_BYTES,
  decompressBody,
  UnsupportedEncodingError,
} from "./decompress-body.ts";

// Many runs or megabytes: a second on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 30_000 });

type Compress = (body: Buffer) => Buffer;
const encodings: readonly [name: string, header: string | undefined, compress: Compress][] = [
  ["no header", undefined, (body) => body],
  ["identity", "identity", (body) => body],
  ["gzip", "gzip", (body) => gzipSync(body)],
  ["x-gzip in upper case", " X-GZIP ", (body) => gzipSync(body)],
  ["deflate with zlib header", "deflate", (body) => deflateSync(body)],
  ["raw deflate", "deflate", (body) => deflateRawSync(body)],
  ["zstd", "zstd", (body) => zstdCompressSync(body)],
];
const compressions = encodings.filter(([, header]) => header !== undefined && header !== "identity");

function streamOf(body: Buffer, chunkBytes = 16 * 1024): Readable {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += chunkBytes) chunks.push(body.subarray(at, at + chunkBytes));
  return Readable.from(chunks, { objectMode: false });
}

describe.each(encodings)("%s", (_name, header, compress) => {
  it("gives back any body, however it is cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000, size: "max" }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, chunkBytes) => {
          const body = Buffer.from(bytes);
          expect((await decompressBody(streamOf(compress(body), chunkBytes), header)).equals(body)).toBe(
            true,
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it("gives back a large body", async () => {
    const body = Buffer.alloc(3_000_000, "a line of a batch job's log\n");
    expect((await decompressBody(streamOf(compress(body)), header)).equals(body)).toBe(true);
  });

  it("takes 0 bytes for an empty body", async () => {
    expect(await decompressBody(streamOf(Buffer.alloc(0)), header)).toHaveLength(0);
  });

  it("refuses more bytes than may be received, and leaves the connection open for the answer", async () => {
    const source = streamOf(compress(Buffer.from(crypto.getRandomValues(new Uint8Array(5000)))), 100);
    const refused = decompressBody(source, header, { maxReceivedBytes: 1000 });
    await expect(refused).rejects.toThrow(
      "The request body is larger than 1000 bytes as received. Send smaller batches.",
    );
    expect(source.destroyed).toBe(false);
  });

  it("takes a body of exactly the limit", async () => {
    const body = Buffer.alloc(4096, 1);
    expect(
      await decompressBody(streamOf(compress(body)), header, { maxDecompressedBytes: 4096 }),
    ).toHaveLength(4096);
    const refused = decompressBody(streamOf(compress(body)), header, { maxDecompressedBytes: 4095 });
    await expect(refused).rejects.toBeInstanceOf(BodyTooLargeError);
  });

  it("passes on the error of a client that goes away", async () => {
    const source = new Readable({ read() {} });
    source.push(compress(Buffer.alloc(50_000, "x")).subarray(0, 20));
    const reading = decompressBody(source, header);
    setImmediate(() => source.destroy(new Error("aborted")));
    await expect(reading).rejects.toThrow("aborted");
  });
});

describe.each(compressions)("%s", (_name, header, compress) => {
  it("stops at a bomb soon after the limit", async () => {
    const bomb = compress(Buffer.alloc(DEFAULT_MAX_BODY_BYTES));
    expect(bomb.length).toBeLessThan(DEFAULT_MAX_BODY_BYTES / 100);
    const limit = 1024 * 1024;
    const source = streamOf(bomb, Math.ceil(bomb.length / 16));
    await expect(decompressBody(source, header, { maxDecompressedBytes: limit })).rejects.toMatchObject({
      code: "BODY_TOO_LARGE",
      maxBytes: limit,
      message: `The request body is larger than ${limit} bytes after decompression. Send smaller batches.`,
    });
    expect(source.readableEnded).toBe(false);
    expect(source.destroyed).toBe(false);
  });

  it("refuses a body that is cut off", async () => {
    const whole = compress(Buffer.from(crypto.getRandomValues(new Uint8Array(2000))));
    for (const size of [1, 2, 3, 10, whole.length / 2, whole.length - 1]) {
      const refused = decompressBody(streamOf(whole.subarray(0, size)), header);
      await expect(refused, `${size} bytes`).rejects.toBeInstanceOf(CorruptBodyError);
    }
  });

  it("never hangs on a body with changed bytes", async () => {
    const whole = compress(
      Buffer.from("a request body of some length, with words that repeat: words that repeat"),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        await decompressBody(streamOf(changed, 7), header).catch((error: unknown) => {
          expect(error).toBeInstanceOf(CorruptBodyError);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("never hangs on bytes after the end", async () => {
    const body = Buffer.from("body");
    for (const trailer of [Buffer.of(0), Buffer.alloc(100_000, 0), Buffer.alloc(100_000, "x")]) {
      const reading = decompressBody(streamOf(Buffer.concat([compress(body), trailer]), 1000), header);
      await reading.then(
        (decompressed) => expect(decompressed.equals(body)).toBe(true),
        (error: unknown) => expect(error).toBeInstanceOf(CorruptBodyError),
      );
    }
  });
});

it("reads several gzip members as one body", async () => {
  const body = Buffer.concat([gzipSync("one "), gzipSync("two")]);
  expect((await decompressBody(streamOf(body, 5), "gzip")).toString()).toBe("one two");
});

it("says what is wrong with a body that is not what its header says", async () => {
  await expect(decompressBody(streamOf(Buffer.from('{"resourceSpans":[]}')), "gzip")).rejects.toThrow(
    "The request body is not valid gzip: incorrect header check.",
  );
});

it("refuses zstd that wants more than 8 MiB of window", async () => {
  const wide = zstdCompressSync(Buffer.alloc(20 * 1024 * 1024, "x"), {
    params: { [constants.ZSTD_c_windowLog]: 25, [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  await expect(decompressBody(streamOf(wide), "zstd")).rejects.toBeInstanceOf(CorruptBodyError);
});

it.each(["br", "gzip, gzip", "deflate, gzip", "compress", "*"])(
  "refuses Content-Encoding %s and names what it takes",
  async (header) => {
    const source = streamOf(Buffer.from("body"));
    const refused = decompressBody(source, header);
    await expect(refused).rejects.toBeInstanceOf(UnsupportedEncodingError);
    await expect(refused).rejects.toThrow(
      `Content-Encoding "${header}" is not supported. Use one of: identity, gzip, deflate, zstd.`,
    );
  },
);
