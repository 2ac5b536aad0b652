import { expect, test } from "vitest";
import { exitStatusType, type FailureFacts, failureText } from "./failure-text.ts";

const NOTHING: FailureFacts = { errorType: null, errorMessage: null, exitCode: null, signal: null };

// "exit_code: exited with code 3 (exit code 3)" said it three times.
test.each<[Partial<FailureFacts>, string | null]>([
  [{}, null],
  [{ exitCode: 0 }, null],
  [{ exitCode: 3 }, "exit code 3"],
  [{ exitCode: 3, errorType: "exit_code", errorMessage: "exit code 3" }, "exit code 3"],
  [{ exitCode: 3, errorType: "exit_code", errorMessage: "disk full" }, "exit code 3: disk full"],
  [
    { exitCode: 1, errorMessage: "child ended with exit code 12" },
    "exit code 1: child ended with exit code 12",
  ],
  [{ signal: "SIGKILL", errorType: "signal", errorMessage: "killed by SIGKILL" }, "killed by SIGKILL"],
  [{ signal: "SIGTERM", exitCode: 143 }, "killed by SIGTERM"],
  [{ errorType: "IOError" }, "IOError"],
  [{ errorMessage: "disk full" }, "disk full"],
  [{ errorType: "IOError", errorMessage: "disk full" }, "IOError: disk full"],
  [{ errorType: "IOError", errorMessage: "disk full", exitCode: 2 }, "IOError: disk full (exit code 2)"],
  [{ errorType: "IOError", errorMessage: "IOError: disk full" }, "IOError: disk full"],
])("%j reads %s", (facts, text) => {
  expect(failureText({ ...NOTHING, ...facts })).toBe(text);
});

test.each([
  [3, null, "exit_code"],
  [0, null, null],
  [137, "SIGKILL", "signal"],
  [null, null, null],
])("exit code %s and signal %s are of type %s", (exitCode, signal, type) => {
  expect(exitStatusType({ exitCode, signal })).toBe(type);
});
