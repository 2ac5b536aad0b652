/** Whether the warnings and infos of a query are those that the script asks for. Nothing is checked that it does not name. */
import type { QueryAnswer } from "../query-result.ts";
import type { EvalCommand, TextExpectation } from "./script-commands.ts";

/** Null when they are as expected, else the first difference in a sentence. */
export function annotationDifference(
  command: EvalCommand,
  { warnings, infos }: Pick<QueryAnswer, "warnings" | "infos">,
): string | null {
  return (
    differenceOfKind("warning", command.warn, command.noWarn, warnings) ??
    differenceOfKind("info", command.info, command.noInfo, infos)
  );
}

function differenceOfKind(
  kind: "warning" | "info",
  expected: readonly TextExpectation[],
  none: boolean,
  actual: readonly string[],
): string | null {
  if (none && actual.length > 0) return `expected no ${kind}, got: ${actual.join("; ")}`;
  if (expected.length === 0) return null;
  if (actual.length === 0) return `expected a ${kind}, got none`;
  const unmet = expected.find((one) => !actual.some((text) => matchesText(one, text)));
  if (unmet !== undefined)
    return `no ${kind} matches ${expectationText(unmet)}; there is: ${actual.join("; ")}`;
  const foreign = actual.find((text) => !expected.some((one) => matchesText(one, text)));
  return foreign === undefined ? null : `the ${kind} is not expected: ${foreign}`;
}

export function matchesText(expected: TextExpectation, text: string): boolean {
  switch (expected.kind) {
    case "any":
      return true;
    case "msg":
      return expected.text === text;
    case "regex":
      return expected.pattern.test(text);
  }
}

function expectationText(expected: TextExpectation): string {
  return expected.kind === "any" ? "anything" : `${expected.kind}: ${expected.text}`;
}
