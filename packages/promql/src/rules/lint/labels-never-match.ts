import { type BinaryExpr, isSetOperator } from "../../parse/ast.ts";
import { typeOf } from "../../parse/check.ts";
import { allIn } from "./expression-parts.ts";
import { cannotHave, labelShape } from "./label-shape.ts";
import type { LintRemark, RuleLint } from "./rule-lint.ts";

/** Two vectors are joined by labels that one side always has and the other never: no pair is ever found. */
export const LABELS_NEVER_MATCH: RuleLint = {
  code: "labels-never-match",
  look: ({ expr }) => allIn(expr).flatMap((inner) => (inner.kind === "binary" ? remarksOn(inner) : [])),
};

function remarksOn(expr: BinaryExpr): LintRemark[] {
  const { op, left, right, matching } = expr;
  if (op === "or" || typeOf(left) !== "vector" || typeOf(right) !== "vector") return [];
  if (matching.fillLeft !== undefined || matching.fillRight !== undefined) return [];
  const sides = [labelShape(left), labelShape(right)] as const;
  const counts = (label: string): boolean => matching.labels.includes(label) === matching.on;
  const [leftOnly, rightOnly] = [
    [...sides[0].certain].filter((label) => counts(label) && cannotHave(sides[1], label)),
    [...sides[1].certain].filter((label) => counts(label) && cannotHave(sides[0], label)),
  ];
  if (leftOnly.length === 0 && rightOnly.length === 0) return [];
  const shared = [...sides[0].certain].filter(
    (label) => !leftOnly.includes(label) && !cannotHave(sides[1], label),
  );
  return [
    {
      message: `the two sides of "${op}" never match: ${[
        ...(leftOnly.length > 0 ? [`the left has ${leftOnly.join(", ")} and the right cannot`] : []),
        ...(rightOnly.length > 0 ? [`the right has ${rightOnly.join(", ")} and the left cannot`] : []),
      ].join("; ")}, so ${op === "unless" ? "nothing is ever left out" : "the result is always empty"}`,
      remedy:
        shared.length > 0
          ? `Say which labels to compare, ${op} on (${shared.join(", ")})${isSetOperator(op) ? "" : ", with group_left or group_right where one side has more series"}, or group both sides alike.`
          : "Group both sides by the same labels.",
    },
  ];
}
