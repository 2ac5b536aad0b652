import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

const KNOWN = ["maxDuration", "minDuration", "startBy", "mustCompleteBy", "owner"];

test.each([
  ["max_duration", "maxDuration"],
  ["maxDuraton", "maxDuration"],
  ["maxDuartion", "maxDuration"],
  ["onwer", "owner"],
  ["MUST-COMPLETE-BY", "mustCompleteBy"],
  ["colour", null],
  ["x", null],
  ["", null],
  ["a".repeat(10_000), null],
])("the name nearest to %s is %s", (name, nearest) => {
  expect(nearestName(name, KNOWN)).toBe(nearest);
});
