import { whyNoName } from "@batchwatch/protocol";
import { expect, test } from "vitest";
import { usableName } from "./usable-name.ts";

test.each([
  ["daily_etl", "daily_etl"],
  [".", "_"],
  ["..", "__"],
  ["...", "..."],
  ["n".repeat(201), "n".repeat(200)],
])("%j is named %j, which every door takes", (name, usable) => {
  expect(usableName(name)).toBe(usable);
  expect(whyNoName(usable)).toBeNull();
});
