import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetricPoint } from "../../model/samples.ts";
import { advance, type Increment, NEW_STREAM, type StreamState } from "./stream-state.ts";

const START = 1_000;

function point(at: number, value: number, more: Partial<MetricPoint> = {}): MetricPoint {
  return {
    family: "batch_job_completions_total",
    kind: "counter",
    temporality: "cumulative",
    streamId: "s",
    instanceId: "i",
    attributes: {},
    startAt: START,
    at,
    receivedAt: at,
    value,
    exemplars: [],
    namespace: "default",
    environment: "",
    ...more,
  };
}

/** What each export adds, by its time: a point that comes late takes from the one behind it. */
function run(points: readonly MetricPoint[]): Map<number, Increment> {
  const byAt = new Map<number, Increment>();
  let state: StreamState = NEW_STREAM;
  for (const each of points) {
    const step = advance(state, each);
    state = step.state;
    for (const increment of [step.increment, step.splits])
      if (increment !== null) byAt.set(increment.at, increment);
  }
  return byAt;
}

function total(increments: Map<number, Increment>): number {
  return [...increments.values()].reduce((sum, { count }) => sum + count, 0);
}

describe("a cumulative stream", () => {
  test("counts its first point from its start", () => {
    expect([...run([point(5_000, 2)]).values()]).toEqual([
      { value: 2, count: 2, fromAt: START, at: 5_000, isFirst: true },
    ]);
  });

  test("counts differences after it", () => {
    expect(run([point(5_000, 2), point(6_000, 3)]).get(6_000)).toEqual({
      value: 1,
      count: 1,
      fromAt: 5_000,
      at: 6_000,
      isFirst: false,
    });
  });

  test.for([
    ["no start", 0],
    ["a start at its own time", 5_000],
  ] as const)("with %s contributes nothing at first and is remembered", ([, startAt]) => {
    const first = advance(NEW_STREAM, point(5_000, 7, { startAt }));
    expect(first.increment).toBeNull();
    expect(advance(first.state, point(6_000, 9, { startAt })).increment).toMatchObject({
      count: 2,
      fromAt: 5_000,
    });
  });

  test("counts from zero where it has fallen without a new start", () => {
    expect(run([point(5_000, 9, { startAt: 0 }), point(6_000, 2, { startAt: 0 })]).get(6_000)).toMatchObject({
      count: 2,
    });
  });

  test("keeps several writers apart by their starts", () => {
    const increments = run([
      point(5_000, 4),
      point(5_500, 1, { startAt: 2_000 }),
      point(6_000, 5),
      point(6_500, 3, { startAt: 2_000 }),
    ]);
    expect(total(increments)).toBe(8);
  });

  test("may fall where it is an up-down counter", () => {
    const updown = { kind: "updown" } as const;
    expect(run([point(5_000, 2, updown), point(6_000, 1, updown)]).get(6_000)).toMatchObject({ value: -1 });
  });
});

test("a delta stream's value is its increment, whatever came before", () => {
  const delta = { temporality: "delta" } as const;
  const increments = run([
    point(5_000, 2, { ...delta, startAt: 4_000 }),
    point(6_000, 3, { ...delta, startAt: 5_000 }),
  ]);
  expect([...increments.values()].map(({ count, fromAt }) => [count, fromAt])).toEqual([
    [2, 4_000],
    [3, 5_000],
  ]);
});

test("any order and duplication of a stream's points gives the same increments", () => {
  const points = fc
    .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 })
    .chain((times) => {
      const ordered = times.toSorted((a, b) => a - b);
      return fc.array(fc.nat(3), { minLength: ordered.length, maxLength: ordered.length }).map((steps) => {
        let value = 0;
        return ordered.map((time, index) => {
          value += steps[index] ?? 0;
          return point(START + time * 1_000, value);
        });
      });
    });
  fc.assert(
    fc.property(
      points.chain((each) =>
        fc.tuple(fc.constant(each), fc.shuffledSubarray([...each, ...each], { minLength: each.length * 2 })),
      ),
      ([inOrder, shuffled]) => {
        const expected = run(inOrder);
        const actual = run(shuffled);
        expect(total(actual)).toBe(inOrder.at(-1)?.value);
        const nonZero = (increments: Map<number, Increment>) =>
          [...increments]
            .filter(([, { count }]) => count !== 0)
            .map(([at, { count }]) => [at, count])
            .sort();
        expect(nonZero(actual)).toEqual(nonZero(expected));
      },
    ),
  );
});

describe("many writers of one stream", () => {
  test("a process for each run is counted from its start, however many came before", () => {
    const points = Array.from({ length: 100 }, (_, index) => {
      const startAt = START + index * 60_000;
      return point(startAt + 1_000, 1, { startAt });
    });
    expect(total(run(points))).toBe(100);
  });

  test("one that is remembered no more is not counted anew", () => {
    let state: StreamState = NEW_STREAM;
    let counted = 0;
    // Forty workers without an instance id, each exporting once a minute.
    for (let minute = 1; minute <= 10; minute += 1)
      for (let worker = 0; worker < 40; worker += 1) {
        const step = advance(state, point(START + minute * 60_000 + worker, 1, { startAt: START + worker }));
        state = step.state;
        counted += step.increment?.count ?? 0;
      }
    expect(counted).toBeLessThanOrEqual(40);
    expect(JSON.stringify(state).length).toBeLessThan(8_000);
  });
});

test("an increment that comes again adds nothing, whatever came between", () => {
  const deltas = [2, 3, 4].map((value, index) =>
    point(5_000 + index * 1_000, value, { temporality: "delta" }),
  );
  let state: StreamState = NEW_STREAM;
  let sum = 0;
  for (const each of [...deltas, ...deltas.toReversed()]) {
    const step = advance(state, each);
    state = step.state;
    sum += step.increment?.value ?? 0;
  }
  expect(sum).toBe(9);
});
