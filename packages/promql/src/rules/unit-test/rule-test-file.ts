/** What a file of rule tests says (the format of `promtool test rules`). Times of checks count from the start of the test. */
import type { Labels } from "../../labels.ts";
import type { SeriesLine } from "../../test-script/series-line.ts";
import type { YamlProblem } from "../yaml-nodes.ts";

export interface RuleTestFile {
  readonly file: string;
  /** Paths and globs, relative to the file. */
  readonly rulePatterns: readonly string[];
  readonly evaluationIntervalMs: number;
  /** Floats may differ by one unit in the last place. */
  readonly fuzzyCompare: boolean;
  readonly groupOrder: readonly string[];
  readonly elements: readonly RuleTestElement[];
  /** With any of these the file fails and nothing is run. */
  readonly problems: readonly YamlProblem[];
}

export interface RuleTestElement {
  readonly name: string;
  readonly line: number;
  readonly intervalMs: number;
  readonly startAt: number;
  readonly series: readonly SeriesLine[];
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly alertChecks: readonly AlertCheck[];
  readonly exprChecks: readonly ExprCheck[];
}

export interface AlertCheck {
  readonly line: number;
  readonly atMs: number;
  readonly alertName: string;
  readonly expected: readonly ExpectedAlert[];
}

export interface ExpectedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface ExprCheck {
  readonly line: number;
  readonly atMs: number;
  readonly expr: string;
  readonly expected: readonly ExpectedSample[];
}

export interface ExpectedSample {
  readonly labels: Labels;
  /** Null for a native histogram. */
  readonly value: number | null;
}
