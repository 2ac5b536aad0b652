import { describe, expect, test } from "vitest";
import { PARTITION_MS, planMerge, type RunRow, SETTLED_LEVEL } from "./compaction-plan.ts";

const NOW = 100 * PARTITION_MS + 60_000;
const OPEN = 100 * PARTITION_MS;
const OVER = 90 * PARTITION_MS;

let lastId = 0;
const runs = (count: number, partitionAt: number, level: number, samples = 100): RunRow[] =>
  Array.from({ length: count }, () => {
    lastId += 1;
    return { id: lastId, partitionAt, level, seq: lastId, samples };
  });

describe("what is compacted next", () => {
  test.each<[string, RunRow[], { level: number; count: number } | null]>([
    ["nothing where nothing is", [], null],
    ["nothing while an open partition has few runs", runs(7, OPEN, 1), null],
    ["eight fresh runs, into the next level", runs(8, OPEN, 1), { level: 2, count: 8 }],
    ["eight runs of a higher level", [...runs(8, OPEN, 2), ...runs(3, OPEN, 1)], { level: 3, count: 8 }],
    [
      "all runs of a partition that is over",
      [...runs(1, OVER, 2), ...runs(3, OVER, 1)],
      { level: SETTLED_LEVEL, count: 4 },
    ],
    ["a partition that is over and has one fresh run", runs(1, OVER, 1), { level: SETTLED_LEVEL, count: 1 }],
    ["nothing of a settled partition", runs(1, OVER, SETTLED_LEVEL), null],
    ["nothing for a few late samples", [...runs(1, OVER, SETTLED_LEVEL, 1000), ...runs(1, OVER, 1)], null],
    [
      "many late samples",
      [...runs(1, OVER, SETTLED_LEVEL, 100), ...runs(1, OVER, 1)],
      { level: SETTLED_LEVEL, count: 2 },
    ],
    [
      "many late runs",
      [...runs(1, OVER, SETTLED_LEVEL, 10_000), ...runs(4, OVER, 1)],
      { level: SETTLED_LEVEL, count: 5 },
    ],
  ])("is %s", (_name, list, expected) => {
    const plan = planMerge(list, NOW, false);
    expect(plan === null ? null : { level: plan.level, count: plan.runs.length }).toEqual(expected);
  });

  test("comes to an end when all is to be settled", () => {
    let list = [...runs(3, OVER, 1), ...runs(20, OPEN, 1), ...runs(1, OVER, SETTLED_LEVEL)];
    let steps = 0;
    for (let plan = planMerge(list, NOW, true); plan !== null; plan = planMerge(list, NOW, true)) {
      const { runs: merged, partitionAt, level } = plan;
      list = [...list.filter((run) => !merged.includes(run)), ...runs(1, partitionAt, level)];
      steps += 1;
    }
    expect(steps).toBe(2);
    expect(list.map(({ level }) => level)).toEqual([SETTLED_LEVEL, SETTLED_LEVEL]);
  });

  test("keeps the order of writing: what is merged stands together", () => {
    const plan = planMerge([...runs(2, OPEN, 2), ...runs(9, OPEN, 1)], NOW, false);
    const seqs = plan?.runs.map(({ seq }) => seq) ?? [];
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(seqs).toHaveLength(9);
  });
});
