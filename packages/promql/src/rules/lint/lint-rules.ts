/**
 * Warns about rules that load and yet cannot do what their names say. Receives parsed groups; hands on findings with the
 * line, the reason and what to do instead. A finding never keeps a file from being loaded.
 */
import { parse } from "../../parse/parse.ts";
import type { RuleGroup } from "../rule-group.ts";
import { ABSENT_NAMES_NO_JOB } from "./absent-names-no-job.ts";
import { ABSENT_WHILE_IDLE } from "./absent-while-idle.ts";
import { AGE_WITH_ONE_LIMIT } from "./age-with-one-limit.ts";
import { COARSE_BUCKETS } from "./coarse-buckets.ts";
import { COUNTED_AT_THE_END } from "./counted-at-the-end.ts";
import { COUNTER_WITHOUT_RATE } from "./counter-without-rate.ts";
import { FOR_OUTLASTS_WINDOW } from "./for-outlasts-window.ts";
import { LABELS_NEVER_MATCH } from "./labels-never-match.ts";
import { MISSING_TEMPLATE_LABEL } from "./missing-template-label.ts";
import { NEVER_SUCCEEDED } from "./never-succeeded.ts";
import { ONLY_ENDED_RUNS } from "./only-ended-runs.ts";
import { QUANTILE_OF_NOTHING } from "./quantile-of-nothing.ts";
import { RESOLVES_BY_ITSELF } from "./resolves-by-itself.ts";
import type { RuleLint } from "./rule-lint.ts";
import { SHORT_RATE_WINDOW } from "./short-rate-window.ts";
import { VALUE_IN_LABEL } from "./value-in-label.ts";

export const RULE_LINTS: readonly RuleLint[] = [
  ABSENT_NAMES_NO_JOB,
  ABSENT_WHILE_IDLE,
  AGE_WITH_ONE_LIMIT,
  COARSE_BUCKETS,
  COUNTED_AT_THE_END,
  COUNTER_WITHOUT_RATE,
  FOR_OUTLASTS_WINDOW,
  LABELS_NEVER_MATCH,
  MISSING_TEMPLATE_LABEL,
  NEVER_SUCCEEDED,
  ONLY_ENDED_RUNS,
  QUANTILE_OF_NOTHING,
  RESOLVES_BY_ITSELF,
  SHORT_RATE_WINDOW,
  VALUE_IN_LABEL,
];

export interface LintFinding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  /** Names the lint, e.g. `labels-never-match`. */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export interface LintOptions {
  /** Bucket bounds that a store knows of histograms, by name without `_bucket`. */
  readonly bucketBounds?: ReadonlyMap<string, readonly number[]>;
}

export function lintRules(groups: readonly RuleGroup[], options: LintOptions = {}): LintFinding[] {
  const bucketBounds = options.bucketBounds ?? new Map<string, readonly number[]>();
  return groups.flatMap(({ file, rules }) =>
    rules.flatMap((rule) => {
      const subject = { rule, expr: parse(rule.expr), bucketBounds };
      return RULE_LINTS.flatMap(({ code, look }) =>
        look(subject).map((remark) => ({ file, line: rule.exprLine, rule: rule.name, code, ...remark })),
      );
    }),
  );
}
