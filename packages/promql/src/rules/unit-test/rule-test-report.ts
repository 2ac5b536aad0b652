/** What came out of a file of rule tests. */
export type CheckVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly expected: string; readonly got: string }
  | { readonly kind: "skipped"; readonly reason: string };

export interface CheckOutcome {
  readonly line: number;
  /** The name of the alert, or the expression. */
  readonly what: string;
  readonly atMs: number;
  readonly verdict: CheckVerdict;
}

export interface ElementOutcome {
  readonly name: string;
  readonly line: number;
  /** A rule that could not be evaluated ends the element. */
  readonly error: string | null;
  readonly checks: readonly CheckOutcome[];
}

export interface RuleTestReport {
  readonly file: string;
  readonly isGood: boolean;
  /** Why the file could not be run at all. */
  readonly problems: readonly { readonly file: string; readonly line: number; readonly message: string }[];
  readonly elements: readonly ElementOutcome[];
}
