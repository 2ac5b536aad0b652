/**
 * Runs the tests of a rule file. Receives the file of tests and the rules it names; for each element it plays the input
 * series over time, evaluates the groups at every step, and compares alerts and expressions with what is expected.
 */
import { type EngineOptions, queryInstant } from "../../engine.ts";
import { labelsOf, METRIC_NAME } from "../../labels.ts";
import { MemorySource, type UnsupportedSample } from "../../test-script/memory-source.ts";
import { ALERTS_METRIC, FOR_STATE_METRIC } from "../evaluate-alerting-rule.ts";
import { evaluateGroup, type RuleAlert } from "../evaluate-group.ts";
import type { GroupState } from "../group-state.ts";
import { parseRuleFile, type RuleFinding } from "../parse-rule-file.ts";
import type { RuleGroup } from "../rule-group.ts";
import { alertVerdict, exprVerdict } from "./compare-expected.ts";
import { InputSeries } from "./input-series.ts";
import type { AlertCheck, ExprCheck, RuleTestElement, RuleTestFile } from "./rule-test-file.ts";
import type { CheckOutcome, CheckVerdict, ElementOutcome, RuleTestReport } from "./rule-test-report.ts";

/** Never rejects for what the files say. */
export async function runRuleTests(
  tests: RuleTestFile,
  ruleFiles: readonly { readonly file: string; readonly text: string }[],
): Promise<RuleTestReport> {
  const parsed = ruleFiles.map(({ file, text }) => parseRuleFile(text, file));
  const problems = [
    ...tests.problems.map((problem) => ({ ...problem, file: tests.file })),
    ...parsed.flatMap(({ findings }) =>
      findings.filter(({ severity }) => severity === "error").map(withRule),
    ),
  ];
  const elements: ElementOutcome[] = [];
  if (problems.length === 0) {
    const groups = inOrder(
      parsed.flatMap((file) => file.groups),
      tests.groupOrder,
    );
    for (const element of tests.elements) elements.push(await new ElementRun(tests, element, groups).run());
  }
  const isGood =
    problems.length === 0 &&
    elements.every(
      ({ error, checks }) => error === null && checks.every(({ verdict }) => verdict.kind !== "failed"),
    );
  return { file: tests.file, isGood, problems, elements };
}

function withRule({ file, line, rule, message }: RuleFinding): {
  file: string;
  line: number;
  message: string;
} {
  return { file, line, message: rule === null ? message : `${rule}: ${message}` };
}

function inOrder(groups: readonly RuleGroup[], order: readonly string[]): RuleGroup[] {
  const place = ({ name }: RuleGroup): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return groups.toSorted((a, b) => place(a) - place(b));
}

class ElementRun {
  readonly #tests: RuleTestFile;
  readonly #element: RuleTestElement;
  readonly #groups: readonly RuleGroup[];
  readonly #source = new MemorySource();
  readonly #input: InputSeries;
  readonly #states: (GroupState | null)[];
  readonly #options: EngineOptions;
  /** Alerts whose rule read what the engine does not know. */
  readonly #unknownAlerts = new Set<string>();
  #alerts: RuleAlert[] = [];

  constructor(tests: RuleTestFile, element: RuleTestElement, groups: readonly RuleGroup[]) {
    this.#tests = tests;
    this.#element = element;
    this.#groups = groups;
    this.#states = groups.map(() => null);
    this.#input = new InputSeries(element);
    this.#options = { defaultSubqueryStepMs: tests.evaluationIntervalMs };
  }

  async run(): Promise<ElementOutcome> {
    const { name, line, alertChecks, exprChecks } = this.#element;
    const checks: CheckOutcome[] = [];
    const interval = this.#tests.evaluationIntervalMs;
    const last = Math.max(0, ...[...alertChecks, ...exprChecks].map(({ atMs }) => atMs));
    for (let time = 0; time <= last; time += interval) {
      const error = await this.#evaluate(this.#element.startAt + time);
      if (error !== null) return { name, line, error, checks };
      for (const check of alertChecks)
        if (check.atMs >= time && check.atMs < time + interval) checks.push(this.#checkAlert(check));
    }
    for (const check of exprChecks) checks.push(this.#checkExpr(check));
    return { name, line, error: null, checks: checks.toSorted((a, b) => a.line - b.line) };
  }

  /** Answers what went wrong. */
  async #evaluate(at: number): Promise<string | null> {
    this.#input.playTo(at, this.#source);
    this.#alerts = [];
    for (const [index, group] of this.#groups.entries()) {
      const unknownRules = new Set<string>();
      const evaluation = await evaluateGroup({
        group,
        state: this.#states[index] ?? null,
        at,
        externalLabels: this.#element.externalLabels,
        externalUrl: this.#element.externalUrl,
        query: (query, queryAt) => {
          this.#source.takeTouched();
          try {
            return queryInstant(this.#source, query, queryAt, this.#options);
          } finally {
            if (this.#source.takeTouched().length > 0) this.#taint(group, query, queryAt, unknownRules);
          }
        },
        write: ({ samples, staleSeries }) => {
          for (const { labels, at: writtenAt, value } of samples)
            this.#source.append(labels, writtenAt, value);
          for (const { labels, at: endedAt } of staleSeries) this.#source.append(labels, endedAt, "stale");
        },
      });
      this.#states[index] = evaluation.state;
      this.#alerts.push(...evaluation.alerts);
      const error = evaluation.errors.find(({ ruleName }) => !unknownRules.has(ruleName));
      if (error !== undefined)
        return `group ${group.name}, rule ${error.ruleName}, at ${(at - this.#element.startAt) / 1000} s: ${error.message}`;
    }
    return null;
  }

  /** What the rules of this expression give is not known, and so is what is read from it. */
  #taint(group: RuleGroup, expr: string, at: number, unknownRules: Set<string>): void {
    for (const rule of group.rules) {
      if (rule.expr !== expr) continue;
      unknownRules.add(rule.name);
      if (rule.kind === "alert") this.#unknownAlerts.add(rule.name);
      const names = rule.kind === "alert" ? [ALERTS_METRIC, FOR_STATE_METRIC] : [rule.name];
      for (const name of names)
        this.#source.appendUnsupported(
          labelsOf([...Object.entries(rule.labels), [METRIC_NAME, name]]),
          at,
          "native histograms",
        );
    }
  }

  #checkAlert(check: AlertCheck): CheckOutcome {
    const { line, atMs, alertName } = check;
    const firing = this.#alerts.filter(({ ruleName, state }) => ruleName === alertName && state === "firing");
    const verdict = this.#unknownAlerts.has(alertName)
      ? skipped(["native histograms"])
      : alertVerdict(check.expected, firing);
    return { line, atMs, what: alertName, verdict };
  }

  #checkExpr(check: ExprCheck): CheckOutcome {
    const { line, atMs, expr } = check;
    const outcome = (verdict: CheckVerdict): CheckOutcome => ({ line, atMs, what: expr, verdict });
    if (check.expected.some(({ value }) => value === null)) return outcome(skipped(["native histograms"]));
    this.#source.takeTouched();
    try {
      const answer = queryInstant(this.#source, expr, this.#element.startAt + atMs, this.#options);
      const touched = this.#source.takeTouched();
      if (touched.length > 0) return outcome(skipped(touched));
      return outcome(exprVerdict(check.expected, answer, this.#tests.fuzzyCompare));
    } catch (error) {
      const touched = this.#source.takeTouched();
      if (touched.length > 0) return outcome(skipped(touched));
      const message = error instanceof Error ? error.message : String(error);
      return outcome({ kind: "failed", expected: "an answer", got: `the error: ${message}` });
    }
  }
}

function skipped(touched: readonly UnsupportedSample[]): CheckVerdict {
  return {
    kind: "skipped",
    reason: `it needs ${touched.join(" and ")}; the engine has floats and classic histograms`,
  };
}
