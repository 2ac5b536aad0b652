/** Reads a file of rule tests. Never throws: what is wrong in it is listed, with its line. */
import { parseFloatText } from "../../go-format/float-text.ts";
import { labelsOf, METRIC_NAME } from "../../labels.ts";
import { readHistogram } from "../../test-script/histogram-notation.ts";
import { parseScriptDuration } from "../../test-script/script-duration.ts";
import { parseSequence, parseSeriesName, type SeriesLine } from "../../test-script/series-line.ts";
import { type YamlFields, type YamlNode, YamlReader } from "../yaml-nodes.ts";
import type {
  AlertCheck,
  ExpectedAlert,
  ExpectedSample,
  ExprCheck,
  RuleTestElement,
  RuleTestFile,
} from "./rule-test-file.ts";

const FILE_FIELDS = ["rule_files", "evaluation_interval", "fuzzy_compare", "group_eval_order", "tests"];
const ELEMENT_FIELDS = [
  "name",
  "interval",
  "start_timestamp",
  "input_series",
  "external_labels",
  "external_url",
  "alert_rule_test",
  "promql_expr_test",
];
const MINUTE_MS = 60_000;

export function parseRuleTests(text: string, file: string): RuleTestFile {
  return new RuleTestReader(text, file).read();
}

class RuleTestReader {
  readonly #file: string;
  readonly #yaml: YamlReader;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#yaml = new YamlReader(text);
  }

  read(): RuleTestFile {
    const yaml = this.#yaml;
    const top = yaml.root === null ? null : yaml.fields(yaml.root, "the file of tests", FILE_FIELDS, 1);
    const interval = (top && this.#duration(top, "evaluation_interval")) ?? MINUTE_MS;
    const evaluationIntervalMs = interval === 0 ? MINUTE_MS : interval;
    const order = top === null ? [] : this.#list(top, "group_eval_order");
    for (const [index, name] of order.entries())
      if (order.indexOf(name) !== index && top !== null)
        yaml.complain(top.lineOf("group_eval_order"), `group name repeated in evaluation order: ${name}`);
    return {
      file: this.#file,
      rulePatterns: top === null ? [] : this.#list(top, "rule_files"),
      evaluationIntervalMs,
      fuzzyCompare: top !== null && this.#flag(top, "fuzzy_compare"),
      groupOrder: order,
      elements:
        top === null
          ? []
          : yaml
              .items(top, "tests")
              .flatMap((node, index) => this.#element(node, index, evaluationIntervalMs)),
      problems: yaml.problems,
    };
  }

  #element(node: YamlNode, index: number, evaluationIntervalMs: number): RuleTestElement[] {
    const line = this.#yaml.lineOf(node);
    const fields = this.#yaml.fields(node, "a test", ELEMENT_FIELDS, line);
    if (fields === null) return [];
    const interval = this.#duration(fields, "interval") ?? 0;
    return [
      {
        name: this.#yaml.text(fields, "name") ?? `test ${index + 1}`,
        line,
        intervalMs: interval === 0 ? evaluationIntervalMs : interval,
        startAt: this.#start(fields),
        series: this.#yaml.items(fields, "input_series").flatMap((item) => this.#series(item)),
        externalLabels: this.#record(fields, "external_labels"),
        externalUrl: this.#yaml.text(fields, "external_url") ?? "",
        alertChecks: this.#yaml.items(fields, "alert_rule_test").flatMap((item) => this.#alertCheck(item)),
        exprChecks: this.#yaml.items(fields, "promql_expr_test").flatMap((item) => this.#exprCheck(item)),
      },
    ];
  }

  #series(node: YamlNode): SeriesLine[] {
    const line = this.#yaml.lineOf(node);
    const fields = this.#yaml.fields(node, "an input series", ["series", "values"], line);
    if (fields === null) return [];
    const series = this.#yaml.text(fields, "series") ?? "";
    const values = this.#yaml.text(fields, "values") ?? "";
    return this.#tried(line, `series ${series}`, () => [
      { labels: parseSeriesName(series), values: parseSequence(values.replaceAll(/\s+/g, " ")) },
    ]);
  }

  #alertCheck(node: YamlNode): AlertCheck[] {
    const line = this.#yaml.lineOf(node);
    const known = ["eval_time", "alertname", "exp_alerts"];
    const fields = this.#yaml.fields(node, "an alert test", known, line);
    if (fields === null) return [];
    const alertName = this.#yaml.text(fields, "alertname") ?? "";
    if (alertName === "")
      this.#yaml.complain(line, "an item under alert_rule_test misses required attribute alertname");
    const expected = this.#yaml
      .items(fields, "exp_alerts")
      .flatMap((item) => this.#expectedAlert(item, alertName));
    return [{ line, atMs: this.#duration(fields, "eval_time") ?? 0, alertName, expected }];
  }

  #expectedAlert(node: YamlNode, alertName: string): ExpectedAlert[] {
    const fields = this.#yaml.fields(
      node,
      "an expected alert",
      ["exp_labels", "exp_annotations"],
      this.#yaml.lineOf(node),
    );
    if (fields === null) return [];
    const labels = Object.entries(this.#record(fields, "exp_labels")).filter(
      ([name]) => name !== METRIC_NAME,
    );
    return [
      {
        labels: labelsOf([...labels, ["alertname", alertName]]),
        annotations: labelsOf(Object.entries(this.#record(fields, "exp_annotations"))),
      },
    ];
  }

  #exprCheck(node: YamlNode): ExprCheck[] {
    const line = this.#yaml.lineOf(node);
    const fields = this.#yaml.fields(node, "an expression test", ["expr", "eval_time", "exp_samples"], line);
    if (fields === null) return [];
    return [
      {
        line,
        atMs: this.#duration(fields, "eval_time") ?? 0,
        expr: (this.#yaml.text(fields, "expr") ?? "").trim(),
        expected: this.#yaml.items(fields, "exp_samples").flatMap((item) => this.#expectedSample(item)),
      },
    ];
  }

  #expectedSample(node: YamlNode): ExpectedSample[] {
    const line = this.#yaml.lineOf(node);
    const fields = this.#yaml.fields(node, "an expected sample", ["labels", "value", "histogram"], line);
    if (fields === null) return [];
    const histogram = this.#yaml.text(fields, "histogram");
    const value = this.#yaml.text(fields, "value") ?? "0";
    return this.#tried<ExpectedSample>(line, "expected sample", () => {
      const labels = parseSeriesName(this.#yaml.text(fields, "labels") ?? "");
      if (histogram !== undefined) {
        readHistogram(histogram.trim(), 0);
        return [{ labels, value: null }];
      }
      // YAML writes infinity and NaN with a dot in front.
      const number = parseFloatText(value.replace(/^([+-]?)\.(inf|nan)$/i, "$1$2"));
      if (number === undefined) throw new SyntaxError(`value "${value}" is no number`);
      return [{ labels, value: number }];
    });
  }

  #record(fields: YamlFields, name: string): Record<string, string> {
    return Object.fromEntries(this.#yaml.texts(fields, name).map(([key, value]) => [key, value]));
  }

  #list(fields: YamlFields, name: string): string[] {
    return this.#yaml.items(fields, name).flatMap((item) => this.#yaml.itemText(item, name) ?? []);
  }

  #flag(fields: YamlFields, name: string): boolean {
    const text = this.#yaml.text(fields, name) ?? "false";
    if (text !== "true" && text !== "false")
      this.#yaml.complain(fields.lineOf(name), `${name} must be true or false, not "${text}"`);
    return text === "true";
  }

  #duration(fields: YamlFields, name: string): number | undefined {
    const text = this.#yaml.text(fields, name);
    if (text === undefined) return undefined;
    return this.#tried(fields.lineOf(name), name, () => [parseScriptDuration(text)])[0];
  }

  /** Unix seconds or RFC 3339. */
  #start(fields: YamlFields): number {
    const text = this.#yaml.text(fields, "start_timestamp");
    if (text === undefined) return 0;
    const at = /^-?\d+(\.\d+)?$/.test(text)
      ? Number(text) * 1000
      : /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text)
        ? Date.parse(text.replace(" ", "T"))
        : Number.NaN;
    if (!Number.isNaN(at)) return Math.trunc(at);
    this.#yaml.complain(
      fields.lineOf("start_timestamp"),
      `start_timestamp "${text}" is no time: Unix seconds, or RFC 3339 like 2026-11-24T00:00:00Z`,
    );
    return 0;
  }

  #tried<T>(line: number, what: string, read: () => T[]): T[] {
    try {
      return read();
    } catch (error) {
      this.#yaml.complain(line, `${what}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }
}
