/**
 * Reads a Prometheus rule file. Receives its text; hands on the groups, or every reason why the file is refused, each with
 * its line. What Prometheus refuses at load is refused here.
 */
import { METRIC_NAME } from "../labels.ts";
import { typeOf } from "../parse/check.ts";
import { parse } from "../parse/parse.ts";
import { alertTemplateProblem } from "../templates/expand-template.ts";
import { parseScriptDuration } from "../test-script/script-duration.ts";
import { type Rule, type RuleGroup, ruleKey } from "./rule-group.ts";
import { type YamlFields, type YamlNode, YamlReader } from "./yaml-nodes.ts";

export interface RuleFinding {
  readonly file: string;
  readonly line: number;
  /** The rule's name; null for a finding of the file or group. */
  readonly rule: string | null;
  /** With an error the file is not loaded. */
  readonly severity: "error" | "warning";
  readonly message: string;
}

export interface RuleFile {
  /** Empty when there is an error: a file is loaded whole or not at all. */
  readonly groups: readonly RuleGroup[];
  readonly findings: readonly RuleFinding[];
}

const GROUP_FIELDS = ["name", "interval", "query_offset", "limit", "labels", "rules"];
const RULE_FIELDS = ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const METRIC_NAME_PATTERN = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Never throws. */
export function parseRuleFile(text: string, file: string): RuleFile {
  const reader = new RuleReader(text, file);
  const groups = reader.read();
  const hasError = reader.findings.some(({ severity }) => severity === "error");
  return { groups: hasError ? [] : groups, findings: reader.findings };
}

class RuleReader {
  readonly findings: RuleFinding[] = [];
  readonly #file: string;
  readonly #yaml: YamlReader;
  #rule: string | null = null;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#yaml = new YamlReader(text);
    this.#gather();
  }

  read(): RuleGroup[] {
    if (this.findings.length > 0 || this.#yaml.root === null) return [];
    const top = this.#yaml.fields(this.#yaml.root, "the rule file", ["groups"], 1);
    if (top === null) {
      this.#gather();
      return [];
    }
    const groups = this.#yaml.items(top, "groups").flatMap((node) => this.#group(node));
    this.#gather();
    const names = new Set<string>();
    for (const { name, line } of groups) {
      if (names.has(name)) this.#error(line, `groupname: "${name}" is repeated in the same file`);
      names.add(name);
    }
    this.#findDuplicates(groups);
    this.findings.sort((a, b) => a.line - b.line);
    return groups;
  }

  #group(node: YamlNode): RuleGroup[] {
    const line = this.#yaml.lineOf(node);
    this.#rule = null;
    const fields = this.#yaml.fields(node, "a group", GROUP_FIELDS, line);
    this.#gather();
    if (fields === null) return [];
    const name = this.#yaml.text(fields, "name") ?? "";
    if (name === "") this.#error(line, "the group has no name");
    const labels = this.#labels(fields, "labels", METRIC_NAME);
    const intervalMs = this.#duration(fields, "interval");
    const group = {
      name,
      file: this.#file,
      line,
      // As in Prometheus, an interval of 0 is none.
      intervalMs: intervalMs === 0 ? null : intervalMs,
      queryOffsetMs: this.#duration(fields, "query_offset"),
      limit: this.#limit(fields),
    };
    const rules = this.#yaml.items(fields, "rules").flatMap((rule) => this.#ruleOf(rule, labels));
    this.#gather();
    return [{ ...group, rules }];
  }

  #ruleOf(node: YamlNode, groupLabels: Readonly<Record<string, string>>): Rule[] {
    const line = this.#yaml.lineOf(node);
    const fields = this.#yaml.fields(node, "a rule", RULE_FIELDS, line);
    if (fields === null) {
      this.#gather();
      return [];
    }
    const record = this.#yaml.text(fields, "record") ?? "";
    const alert = this.#yaml.text(fields, "alert") ?? "";
    this.#rule = record || alert || null;
    this.#gather();
    if (record !== "" && alert !== "") this.#error(line, "only one of 'record' and 'alert' must be set");
    else if (record === "" && alert === "") this.#error(line, "one of 'record' or 'alert' must be set");
    const expr = this.#expression(fields);
    const isAlert = alert !== "";
    const labels = { ...groupLabels, ...this.#labels(fields, "labels", METRIC_NAME) };
    const base = { name: isAlert ? alert : record, expr, line, exprLine: fields.lineOf("expr"), labels };
    const rule: Rule = isAlert ? this.#alertingRule(fields, base) : { kind: "record", ...base };
    if (rule.kind === "record") this.#checkRecording(fields, rule);
    this.#gather();
    this.#rule = null;
    return [rule];
  }

  #alertingRule(fields: YamlFields, base: Omit<Rule, "kind">): Rule {
    const annotations = this.#labels(fields, "annotations", null);
    for (const [what, texts] of [
      ["label", base.labels],
      ["annotation", annotations],
    ] as const)
      for (const [name, text] of Object.entries(texts)) {
        const problem = alertTemplateProblem(base.name, text);
        const list = what === "label" ? "labels" : "annotations";
        if (problem !== null)
          this.#error(this.#lineOfText(fields, list, name), `${what} "${name}": ${problem}`);
      }
    return {
      kind: "alert",
      ...base,
      forMs: this.#duration(fields, "for") ?? 0,
      keepFiringForMs: this.#duration(fields, "keep_firing_for") ?? 0,
      annotations,
    };
  }

  #checkRecording(fields: YamlFields, rule: Rule): void {
    const set = {
      for: this.#duration(fields, "for"),
      keep_firing_for: this.#duration(fields, "keep_firing_for"),
      annotations: this.#yaml.texts(fields, "annotations").length,
    };
    for (const [name, value] of Object.entries(set))
      if (value !== null && value !== 0)
        this.#error(fields.lineOf(name), `invalid field '${name}' in recording rule`);
    if (rule.name !== "" && !METRIC_NAME_PATTERN.test(rule.name))
      this.#error(fields.lineOf("record"), `invalid recording rule name: ${rule.name}`);
  }

  #expression(fields: YamlFields): string {
    const expr = (this.#yaml.text(fields, "expr") ?? "").trim();
    this.#gather();
    if (expr === "") {
      this.#error(fields.lineOf("expr"), "field 'expr' must be set in rule");
      return expr;
    }
    try {
      const type = typeOf(parse(expr));
      if (type !== "vector" && type !== "scalar")
        this.#error(fields.lineOf("expr"), `the expression gives a ${type}, not an instant vector or scalar`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#error(fields.lineOf("expr"), `could not parse expression: ${message}`);
    }
    return expr;
  }

  #labels(fields: YamlFields, list: string, forbidden: string | null): Record<string, string> {
    const labels: Record<string, string> = {};
    const what = list === "labels" ? "label" : "annotation";
    for (const [name, value, line] of this.#yaml.texts(fields, list)) {
      if (!LABEL_NAME.test(name) || name === forbidden)
        this.#error(line, `invalid ${what} name: "${name}"; letters, digits and _, no digit first`);
      else if (!value.isWellFormed()) this.#error(line, `invalid ${what} value of "${name}"`);
      else labels[name] = value;
    }
    this.#gather();
    return labels;
  }

  #lineOfText(fields: YamlFields, list: string, name: string): number {
    const found = this.#yaml.texts(fields, list).find(([key]) => key === name);
    return found?.[2] ?? fields.line;
  }

  #duration(fields: YamlFields, name: string): number | null {
    const text = this.#yaml.text(fields, name);
    this.#gather();
    if (text === undefined) return null;
    try {
      return parseScriptDuration(text);
    } catch (error) {
      this.#error(fields.lineOf(name), `${name}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  #limit(fields: YamlFields): number {
    const text = this.#yaml.text(fields, "limit");
    if (text === undefined) return 0;
    if (/^-?\d+$/.test(text)) return Math.max(0, Number(text));
    this.#error(fields.lineOf("limit"), `limit must be a whole number, not "${text}"`);
    return 0;
  }

  #findDuplicates(groups: readonly RuleGroup[]): void {
    const seen = new Map<string, Rule>();
    for (const rule of groups.flatMap(({ rules }) => rules)) {
      const key = ruleKey(rule);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, rule);
      else
        this.findings.push({
          file: this.#file,
          line: rule.line,
          rule: rule.name,
          severity: "warning",
          message: `has the same name and labels as the rule on line ${first.line}: their results may clash`,
        });
    }
  }

  #error(line: number, message: string): void {
    this.findings.push({ file: this.#file, line, rule: this.#rule, severity: "error", message });
  }

  /** Takes over what the YAML reader complained about. */
  #gather(): void {
    for (const { line, message } of this.#yaml.problems.splice(0)) this.#error(line, message);
  }
}
