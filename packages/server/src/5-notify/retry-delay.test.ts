import { describe, expect, it } from "vitest";
import { retryDelayMs, TRY_LIMIT } from "./retry-delay.ts";

const middle = () => 0.5;

describe("the delay before a delivery is tried again", () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [11, 600_000],
    [100, 600_000],
  ])("after %i failed tries is %i ms", (tries, delay) => {
    expect(retryDelayMs(tries, null, middle)).toBe(delay);
  });

  it("is spread by a fifth to either side", () => {
    expect(retryDelayMs(1, null, () => 0)).toBe(800);
    expect(retryDelayMs(1, null, () => 0.999999)).toBe(1_200);
  });

  it("is never shorter than what the receiver asks for", () => {
    expect(retryDelayMs(1, 30_000, middle)).toBe(30_000);
    expect(retryDelayMs(11, 30_000, middle)).toBe(600_000);
  });

  it("ends after about a day of trying", () => {
    let total = 0;
    for (let tries = 1; tries < TRY_LIMIT; tries += 1) total += retryDelayMs(tries, null, middle) ?? 0;
    expect(total / 3_600_000).toBeGreaterThan(22);
    expect(retryDelayMs(TRY_LIMIT, null, middle)).toBeNull();
  });
});
