import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProgressPacer } from "./progress-pacer.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("the first change goes out at once, later ones once a second", () => {
  let emitted = 0;
  const pacer = new ProgressPacer(15_000, () => emitted++);
  pacer.changed();
  expect(emitted).toBe(1);
  for (let ms = 0; ms < 3000; ms += 10) {
    pacer.changed();
    vi.advanceTimersByTime(10);
  }
  expect(emitted).toBe(4);
});

test("the newest change goes out although none follows", () => {
  let emitted = 0;
  const pacer = new ProgressPacer(15_000, () => emitted++);
  pacer.changed();
  pacer.changed();
  vi.advanceTimersByTime(1000);
  expect(emitted).toBe(2);
});

test("in a long run they are as rare as heartbeats", () => {
  let emitted = 0;
  const pacer = new ProgressPacer(15_000, () => emitted++);
  vi.advanceTimersByTime(24 * 3_600_000);
  for (let second = 0; second < 60; second++) {
    pacer.changed();
    vi.advanceTimersByTime(1000);
  }
  expect(emitted).toBe(5);
});

test("nothing goes out once it is stopped", () => {
  let emitted = 0;
  const pacer = new ProgressPacer(15_000, () => emitted++);
  pacer.changed();
  pacer.changed();
  pacer.stop();
  vi.advanceTimersByTime(10_000);
  expect(emitted).toBe(1);
});
