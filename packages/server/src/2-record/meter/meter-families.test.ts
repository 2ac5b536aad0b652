// Holds docs/reference/metrics.md to the code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRIC_NAMES } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import { DURATION_BOUNDS, METER_FAMILIES } from "./meter-families.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../../../docs/reference/metrics.md"), "utf8");

test("the reference has every family, with its type, labels and words, and no other", () => {
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| `batch_"));
  expect(rows).toEqual(
    METER_FAMILIES.map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${help} |`,
    ),
  );
});

test("the reference has the bounds of the histograms", () => {
  expect(PAGE).toContain(DURATION_BOUNDS.join(" "));
});

test("every name that users' rules may use is a family, once", () => {
  const names = METER_FAMILIES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.toSorted()).toEqual(Object.values(METRIC_NAMES).toSorted());
});
