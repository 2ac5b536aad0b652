/** The part of `batchwatch check` that looks at rule files: what keeps them from being loaded, and what they cannot do. */
import { globSync, statSync } from "node:fs";
import { readNamedFile } from "./named-files.ts";

export interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly rule: string | null;
  readonly message: string;
}

export interface RuleWarning extends RuleProblem {
  readonly code: string;
  readonly remedy: string;
}

export interface CheckedRules {
  readonly files: readonly string[];
  readonly rules: number;
  readonly problems: readonly RuleProblem[];
  readonly warnings: readonly RuleWarning[];
}

/** Rule files have `groups` at the top; everything else that is named is about jobs. */
export function splitRuleFiles(paths: readonly string[]): { ruleFiles: string[]; others: string[] } {
  const ruleFiles: string[] = [];
  const others: string[] = [];
  for (const path of paths.flatMap(expanded)) (isRuleFile(path) ? ruleFiles : others).push(path);
  return { ruleFiles, others };
}

function expanded(path: string): string[] {
  if (!/[*?[{]/.test(path) || statSync(path, { throwIfNoEntry: false }) !== undefined) return [path];
  const found = globSync(path).sort();
  return found.length === 0 ? [path] : found;
}

function isRuleFile(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return /^["']?groups["']?[ \t]*:/m.test(readNamedFile(path));
}

export async function checkRules(files: readonly string[]): Promise<CheckedRules> {
  const [{ parseRuleFile }, { lintRules }] = await Promise.all([
    import("@batchwatch/promql/rules/parse-rule-file"),
    import("@batchwatch/promql/rules/lint/lint-rules"),
  ]);
  const problems: RuleProblem[] = [];
  const warnings: RuleWarning[] = [];
  let rules = 0;
  for (const file of files) {
    const { groups, findings } = parseRuleFile(readNamedFile(file), file);
    rules += groups.reduce((sum, group) => sum + group.rules.length, 0);
    for (const { severity, ...finding } of findings)
      if (severity === "error") problems.push(finding);
      else
        warnings.push({
          ...finding,
          code: "duplicate-rule",
          remedy: "Take one of them out, or give them different labels.",
        });
    warnings.push(...lintRules(groups));
  }
  return { files, rules, problems, warnings };
}

export function ruleProblemText({ file, line, rule, message }: RuleProblem): string {
  return `${file}:${line}: ${rule === null ? "" : `${rule}: `}${message}`;
}

export function ruleWarningText(warning: RuleWarning): string {
  return `${ruleProblemText(warning)}. ${warning.remedy} [${warning.code}]`;
}
