import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readPingBody } from "./ping-body.ts";

const LIMIT = 32;

async function read(chunks: readonly Uint8Array[]) {
  return readPingBody(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), LIMIT);
}

test("a short body is kept whole", async () => {
  expect(await read([Buffer.from("grü"), Buffer.from("ße")])).toEqual({
    text: "grüße",
    cut: false,
    sizeBytes: 7,
  });
});

test("of a long body the first and the last bytes are kept", async () => {
  const body = await read([Buffer.from(`begin${"x".repeat(1000)}end`)]);
  expect(body.cut).toBe(true);
  expect(body.text).toMatch(/^begin\w{27}\n… 944 bytes left out …\n\w{29}end$/);
});

test("bytes that are no text, and NUL, are shown as such", async () => {
  expect((await read([Uint8Array.of(0xff, 0x00, 0x41)])).text).toBe("\u{fffd}\u{fffd}A");
});

test("how the body is cut into chunks makes no difference", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.nat(200), { maxLength: 6 }),
      async (bytes, cuts) => {
        const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(await read(chunks)).toEqual(await read([bytes]));
      },
    ),
  );
});
