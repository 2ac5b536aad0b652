/**
 * Templates of alert labels and annotations: Go's text/template with Prometheus's functions. Receives the text and what an
 * alert brings; hands on the text, or says what is wrong in the words that Prometheus uses.
 */
import type { Labels } from "../labels.ts";
import { BUILTINS } from "./builtins.ts";
import { executeTemplate } from "./execute.ts";
import { TemplateSyntaxError } from "./lexer.ts";
import type { ParsedTemplate } from "./nodes.ts";
import { parseTemplate } from "./parse-template.ts";
import { prometheusFunctions, type TemplateSurroundings } from "./prometheus-functions.ts";
import { QueryNeeded, TemplateError } from "./template-error.ts";
import { stringMap, type TemplateValue } from "./values.ts";

export interface AlertTemplateData {
  /** Those of the query's result, with the metric name. */
  readonly labels: Labels;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What Prometheus puts in front of every template of an alert; places in error texts count it. */
const ALERT_PREAMBLE =
  "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

const FUNCTION_NAMES: ReadonlySet<string> = new Set(
  [...BUILTINS, ...prometheusFunctions({ at: 0, externalUrl: "", query: () => [] })].map(([name]) => name),
);

/**
 * Expands a label or annotation of an alert. Never throws but for `QueryNeeded`: what is wrong becomes the text
 * `<error expanding template: …>`, for the alert must fire all the same.
 */
export function expandAlertTemplate(
  alertName: string,
  text: string,
  data: AlertTemplateData,
  surroundings: TemplateSurroundings,
): string {
  // Most labels have no template in them.
  if (!text.includes("{{")) return text;
  try {
    return expandTemplate(
      `__alert_${alertName}`,
      ALERT_PREAMBLE + text,
      dataOf(data, surroundings),
      surroundings,
    );
  } catch (error) {
    if (error instanceof QueryNeeded || !(error instanceof TemplateError)) throw error;
    return `<error expanding template: ${error.message}>`;
  }
}

/** What is wrong with the text of a label or annotation, null when nothing is: known when the rule is loaded. */
export function alertTemplateProblem(alertName: string, text: string): string | null {
  if (!text.includes("{{")) return null;
  try {
    readTemplate(`__alert_${alertName}`, ALERT_PREAMBLE + text);
    return null;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** @throws TemplateError */
export function expandTemplate(
  name: string,
  text: string,
  data: TemplateValue,
  surroundings: TemplateSurroundings,
): string {
  const functions = new Map([...BUILTINS, ...prometheusFunctions(surroundings)]);
  const template = readTemplate(name, text);
  try {
    return executeTemplate(name, template, data, functions);
  } catch (error) {
    if (error instanceof QueryNeeded || !(error instanceof TemplateError)) throw error;
    throw new TemplateError(`error executing template ${name}: ${error.message}`);
  }
}

function readTemplate(name: string, text: string): ParsedTemplate {
  try {
    return parseTemplate(text, (word) => FUNCTION_NAMES.has(word));
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    const line = text.slice(0, error.at).split("\n").length;
    throw new TemplateError(`error parsing template ${name}: template: ${name}:${line}: ${error.message}`);
  }
}

function dataOf(data: AlertTemplateData, { externalUrl }: TemplateSurroundings): TemplateValue {
  const { names, values } = data.labels;
  return {
    kind: "struct",
    typeName:
      "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }",
    fields: new Map<string, TemplateValue>([
      ["Labels", stringMap(names.map((name, index) => [name, values[index] ?? ""]))],
      ["ExternalLabels", stringMap(Object.entries(data.externalLabels))],
      ["ExternalURL", externalUrl],
      ["Value", data.value],
    ]),
  };
}
