import { cannotHave, labelShape } from "./label-shape.ts";
import type { RuleLint } from "./rule-lint.ts";

const USED_LABEL = /(?:\$labels|\.Labels)\.([a-zA-Z_][a-zA-Z0-9_]*)/g;

/** A text that names a label which the result cannot have stays empty there. */
export const MISSING_TEMPLATE_LABEL: RuleLint = {
  code: "template-label-missing",
  look: ({ rule, expr }) => {
    if (rule.kind !== "alert") return [];
    const shape = labelShape(expr);
    const texts = [...Object.values(rule.labels), ...Object.values(rule.annotations)];
    const used = new Set(
      texts.flatMap((text) => [...text.matchAll(USED_LABEL)].map(([, name]) => name ?? "")),
    );
    const missing = [...used].filter((name) => cannotHave(shape, name));
    if (missing.length === 0) return [];
    const kept = [...(shape.possible ?? [])].join(", ");
    return [
      {
        message: `the texts use $labels.${missing.join(" and $labels.")}, and the result has ${kept === "" ? "no labels" : `only ${kept}`}: it stays empty there`,
        remedy: `Keep the label in the expression, e.g. by (${missing.join(", ")}).`,
      },
    ];
  },
};
