import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteKeys } from "./byte-keys.ts";

/** A key in the middle of other bytes. */
function inBytes(key: Uint8Array): [DataView, number, number] {
  const bytes = new Uint8Array(key.length + 7).fill(1);
  bytes.set(key, 3);
  return [new DataView(bytes.buffer), 3, 3 + key.length];
}

test("holds what a map of texts holds", () => {
  const key = fc.uint8Array({ maxLength: 12 });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), fc.array(key, { maxLength: 20 }), (keys, others) => {
      const expected = new Map<string, number>();
      const found = new ByteKeys<number>();
      keys.forEach((bytes, index) => {
        const text = Buffer.from(bytes).toString("hex");
        const place = inBytes(bytes);
        const hash = found.hash(...place);
        expect(found.find(hash, ...place)).toBe(expected.get(text));
        if (expected.has(text)) return;
        expected.set(text, index);
        found.add(hash, ...place, index);
      });
      for (const bytes of [...keys, ...others]) {
        const place = inBytes(bytes);
        const followed = found.follow(...place);
        if (followed !== undefined) expect(followed).toBe(expected.get(Buffer.from(bytes).toString("hex")));
        expect(found.find(found.hash(...place), ...place)).toBe(
          expected.get(Buffer.from(bytes).toString("hex")),
        );
      }
      expect(found.size).toBe(expected.size);
    }),
  );
});

test("grows to many keys", () => {
  const keys = new ByteKeys<number>();
  const key = (number: number) => inBytes(Buffer.from(`job_name job_${number} instance host-${number % 7}`));
  for (let number = 0; number < 20_000; number++) {
    const place = key(number);
    keys.add(keys.hash(...place), ...place, number);
  }
  for (let number = 0; number < 20_000; number += 7) {
    const place = key(number);
    expect(keys.find(keys.hash(...place), ...place)).toBe(number);
  }
});

test("begins anew when it is full, and keeps nothing larger than itself", () => {
  const keys = new ByteKeys<number>({ maxKeys: 3, maxBytes: 10 });
  const put = (text: string, item: number): void => {
    const place = inBytes(Buffer.from(text));
    keys.add(keys.hash(...place), ...place, item);
  };
  for (const [index, text] of ["a", "b", "c", "d"].entries()) put(text, index);
  expect(keys.size).toBe(1);
  put("0123456789", 5);
  expect(keys.size).toBe(1);
  put("01234567890", 6);
  expect(keys.size).toBe(0);
});
