import type { RuleLint } from "./rule-lint.ts";

/** Labels tell alerts apart: one that changes with the value makes a new alert at each evaluation. */
export const VALUE_IN_LABEL: RuleLint = {
  code: "value-in-label",
  look: ({ rule }) =>
    Object.entries(rule.labels)
      .filter(([, text]) => rule.kind === "alert" && /\{\{[^}]*(?:\$value|\.Value)\b/.test(text))
      .map(([name]) => ({
        message: `the label ${name} holds the value: each new value is another alert, which starts to wait anew and resolves the one before`,
        remedy: "Put the value into an annotation.",
      })),
};
