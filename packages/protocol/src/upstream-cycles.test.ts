import fc from "fast-check";
import { expect, test } from "vitest";
import { upstreamCycles } from "./upstream-cycles.ts";

function jobs(edges: Record<string, string[]>) {
  return Object.entries(edges).map(([jobName, upstreams]) => ({
    namespace: "default",
    environment: "",
    jobName,
    upstreams: upstreams.map((name) => ({ jobName: name, namespace: null, environment: null })),
  }));
}

test.each<[string, Record<string, string[]>, string[][]]>([
  ["none", { a: [], b: ["a"], c: ["a", "b"] }, []],
  ["a job that needs itself", { a: ["a"] }, [["a"]]],
  ["two that need each other", { a: ["b"], b: ["a"] }, [["a", "b"]]],
  [
    "a longer one, beside jobs that lead into it",
    { x: ["a"], a: ["b"], b: ["c"], c: ["a"] },
    [["a", "b", "c"]],
  ],
  ["two circles", { a: ["a"], b: ["c"], c: ["b"] }, [["a"], ["b", "c"]]],
  ["an upstream that is not declared here", { a: ["elsewhere"] }, []],
])("%s", (_name, edges, cycles) => {
  expect(upstreamCycles(jobs(edges)).map((cycle) => cycle.map(({ jobName }) => jobName))).toEqual(cycles);
});

test("another namespace or environment is another job", () => {
  const [first] = jobs({ a: [] });
  const elsewhere = { jobName: "a", namespace: "other", environment: null };
  expect(upstreamCycles(first === undefined ? [] : [{ ...first, upstreams: [elsewhere] }])).toEqual([]);
});

test("jobs that need only jobs before them are never in a circle, and turning one edge round closes it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), (count) => {
      const chain = Array.from(
        { length: count },
        (_, index) => [`j${index}`, index === 0 ? [] : [`j${index - 1}`]] as const,
      );
      expect(upstreamCycles(jobs(Object.fromEntries(chain)) as never)).toEqual([]);
      const closed = { ...Object.fromEntries(chain), j0: [`j${count - 1}`] } as Record<string, string[]>;
      expect(upstreamCycles(jobs(closed))[0]).toHaveLength(count);
    }),
  );
});
