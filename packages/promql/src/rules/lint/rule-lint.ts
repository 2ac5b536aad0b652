/** What a lint is: it looks at one rule and says why the rule cannot do what its name says. One lint a file, all in lint-rules.ts. */
import type { Expr } from "../../parse/ast.ts";
import type { Rule } from "../rule-group.ts";

export interface LintSubject {
  readonly rule: Rule;
  readonly expr: Expr;
  /** Upper bounds of the buckets of a histogram, where they are known; by name without `_bucket`. */
  readonly bucketBounds: ReadonlyMap<string, readonly number[]>;
}

export interface LintRemark {
  /** What will happen, as a sentence. */
  readonly message: string;
  /** What to do instead, as a sentence. */
  readonly remedy: string;
}

export interface RuleLint {
  readonly code: string;
  readonly look: (subject: LintSubject) => readonly LintRemark[];
}
