import fc from "fast-check";
import { expect, test } from "vitest";
import { SampleArena } from "./sample-arena.ts";

test("what is taken between two resets does not overlap, whatever its length", () => {
  const wish = fc.oneof(fc.nat(50), fc.integer({ min: 200_000, max: 400_000 }));
  fc.assert(
    fc.property(fc.array(fc.array(wish, { maxLength: 8 }), { maxLength: 3 }), (rounds) => {
      const arena = new SampleArena();
      for (const wishes of rounds) {
        const taken = wishes.map((count, index) => arena.take(count).fill(index));
        taken.forEach((samples, index) => {
          expect(samples).toHaveLength(wishes[index] ?? -1);
          expect([samples[0] ?? index, samples.at(-1) ?? index]).toEqual([index, index]);
        });
        arena.reset();
      }
    }),
    { numRuns: 50 },
  );
});
