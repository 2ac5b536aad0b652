import { expect, test } from "vitest";
import { functionNames } from "../parse/function-signatures.ts";
import { implementedFunctions } from "./registry.ts";

test("every function that a query may call is built, and no other", () => {
  expect(implementedFunctions().toSorted()).toEqual(functionNames().toSorted());
});
