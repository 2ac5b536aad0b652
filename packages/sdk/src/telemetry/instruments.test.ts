import { DURATION_BOUNDS as OF_THE_METER } from "@batchwatch/server/2-record/meter/meter-families";
import { expect, test } from "vitest";
import { DURATION_BOUNDS } from "./instruments.ts";

test("buckets are those of the meter: both fill the same series", () => {
  expect(DURATION_BOUNDS).toEqual(OF_THE_METER);
});
