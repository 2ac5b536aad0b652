import { expect, test } from "vitest";
import { commandIgnoring, ignoredSignals } from "./signals.ts";

test.each([
  [undefined, []],
  ["", []],
  ["nonsense", []],
  ["0000000000000000", []],
  ["0000000000000001", ["SIGHUP"]],
  ["0000000000000006", ["SIGINT", "SIGQUIT"]],
  ["0000000000004000", ["SIGTERM"]],
  ["0000000001001000", []],
])("the mask %s ignores %j", (mask, signals) => {
  expect(ignoredSignals(mask)).toEqual(signals);
});

test("a command that ignores nothing is started as it is", () => {
  expect(commandIgnoring([], ["ls", "-l"])).toEqual(["ls", "-l"]);
});

test("a command that ignores signals is started by a shell that ignores them", () => {
  expect(commandIgnoring(["SIGHUP", "SIGINT"], ["ls", "-l"])).toEqual([
    "/bin/sh",
    "-c",
    `trap '' HUP INT; exec "$@"`,
    "sh",
    "ls",
    "-l",
  ]);
});
