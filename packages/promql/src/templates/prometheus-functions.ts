/** The functions that Prometheus gives to the templates of alerts. */
import { RE2JS } from "re2js";
import { parseDuration } from "../go-format/duration-text.ts";
import { parseFloatText } from "../go-format/float-text.ts";
import { quote } from "../go-format/quoted-text.ts";
import type { Labels } from "../labels.ts";
import { queryEscape } from "./builtins.ts";
import { fixed, type TemplateFunction, text, variadic } from "./function-table.ts";
import { splitHostPort, stripDomain } from "./host-port.ts";
import {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  nanosecondsOf,
  timeOf,
} from "./humanize.ts";
import { replaceAll } from "./replace-all.ts";
import { type GoSlice, type GoStruct, stringMap, type TemplateValue, typeName, valueText } from "./values.ts";

/** One sample of a query inside a template. */
export interface TemplateSample {
  readonly labels: Labels;
  readonly value: number;
}

export interface TemplateSurroundings {
  /** When the rule is evaluated, epoch ms. */
  readonly at: number;
  readonly externalUrl: string;
  /** Runs a query at that time. Throws when it fails. */
  readonly query: (query: string) => readonly TemplateSample[];
}

export function prometheusFunctions({
  at,
  externalUrl,
  query,
}: TemplateSurroundings): readonly (readonly [string, TemplateFunction])[] {
  return [
    ["query", fixed(["string"], ([expr]) => vectorOf(query(text(expr))))],
    ["first", fixed(["vector"], ([vector]) => first(itemsOf(vector)))],
    ["label", fixed(["string", "sample"], ([name, sample]) => labelOf(text(name), sample))],
    ["value", fixed(["sample"], ([sample]) => field(sample, "Value"))],
    ["strvalue", fixed(["sample"], ([sample]) => labelOf("__value__", sample))],
    ["sortByLabel", fixed(["string", "vector"], ([name, vector]) => sortByLabel(text(name), vector))],
    ["args", variadic([], "any", namedArgs)],
    ["now", fixed([], () => at / 1000)],
    ["externalURL", fixed([], () => externalUrl)],
    ["pathPrefix", fixed([], () => pathOf(externalUrl))],
    ...TEXT_FUNCTIONS,
    ...NUMBER_FUNCTIONS,
  ];
}

const TEXT_FUNCTIONS: readonly (readonly [string, TemplateFunction])[] = [
  [
    "reReplaceAll",
    fixed(["string", "string", "string"], ([pattern, replacement, of]) =>
      replaceAll(mustCompile(text(pattern)), text(replacement), text(of)),
    ),
  ],
  ["match", fixed(["string", "string"], ([pattern, of]) => compile(text(pattern)).test(text(of)))],
  ["title", fixed(["string"], ([of]) => title(text(of)))],
  ["toUpper", fixed(["string"], ([of]) => text(of).toUpperCase())],
  ["toLower", fixed(["string"], ([of]) => text(of).toLowerCase())],
  ["stripPort", fixed(["string"], ([of]) => splitHostPort(text(of))?.host ?? text(of))],
  ["stripDomain", fixed(["string"], ([of]) => stripDomain(text(of)))],
  ["graphLink", fixed(["string"], ([expr]) => `/graph?g0.expr=${queryEscape(text(expr))}&g0.tab=0`)],
  ["tableLink", fixed(["string"], ([expr]) => `/graph?g0.expr=${queryEscape(text(expr))}&g0.tab=1`)],
  ["safeHtml", fixed(["string"], ([of]) => text(of))],
  ["urlQueryEscape", fixed(["string"], ([of]) => queryEscape(text(of)))],
  ["parseDuration", fixed(["string"], ([of]) => seconds(text(of)))],
];

const NUMBER_FUNCTIONS: readonly (readonly [string, TemplateFunction])[] = [
  ["humanize", fixed(["any"], ([of]) => humanize(floatOf(of)))],
  ["humanize1024", fixed(["any"], ([of]) => humanize1024(floatOf(of)))],
  ["humanizeDuration", fixed(["any"], ([of]) => humanizeDuration(floatOf(of)))],
  ["humanizePercentage", fixed(["any"], ([of]) => humanizePercentage(floatOf(of)))],
  ["humanizeTimestamp", fixed(["any"], ([of]) => humanizeTimestamp(floatOf(of)))],
  ["toTime", fixed(["any"], ([of]) => ({ kind: "time", at: timeOf(floatOf(of)) }))],
  [
    "toDuration",
    fixed(["any"], ([of]) => ({ kind: "duration", ns: nanosecondsOf(floatOf(of), "duration") })),
  ],
];

function floatOf(value: TemplateValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "object" && value?.kind === "int") return value.value;
  if (typeof value === "object" && value?.kind === "duration") return Number(value.ns) / 1e9;
  if (typeof value !== "string") throw new TypeError(`can't convert ${typeName(value)} to float`);
  const number = parseFloatText(value);
  if (number === undefined)
    throw new TypeError(`strconv.ParseFloat: parsing ${quote(value)}: invalid syntax`);
  return number;
}

function vectorOf(samples: readonly TemplateSample[]): GoSlice {
  return { kind: "slice", typeName: "template.queryResult", items: samples.map(sampleOf) };
}

function sampleOf({ labels, value }: TemplateSample): GoStruct {
  const pairs = labels.names.map((name, index): [string, string] => [name, labels.values[index] ?? ""]);
  return {
    kind: "struct",
    typeName: "*template.sample",
    fields: new Map<string, TemplateValue>([
      ["Labels", stringMap(pairs)],
      ["Value", value],
    ]),
  };
}

function itemsOf(vector: TemplateValue): readonly TemplateValue[] {
  return typeof vector === "object" && vector?.kind === "slice" ? vector.items : [];
}

function first(items: readonly TemplateValue[]): TemplateValue {
  if (items.length === 0) throw new RangeError("first() called on vector with no elements");
  return items[0];
}

function field(sample: TemplateValue, name: string): TemplateValue {
  return typeof sample === "object" && sample?.kind === "struct" ? sample.fields.get(name) : null;
}

function labelOf(name: string, sample: TemplateValue): string {
  const labels = field(sample, "Labels");
  if (typeof labels !== "object" || labels?.kind !== "map") return "";
  return valueText(labels.entries.get(name) ?? "");
}

function sortByLabel(name: string, vector: TemplateValue): TemplateValue {
  if (typeof vector !== "object" || vector?.kind !== "slice") return vector;
  const sorted = vector.items.toSorted((a, b) => {
    const left = labelOf(name, a);
    const right = labelOf(name, b);
    return left < right ? -1 : left > right ? 1 : 0;
  });
  return { ...vector, items: sorted };
}

function namedArgs(args: readonly TemplateValue[]): TemplateValue {
  return {
    kind: "map",
    element: "any",
    entries: new Map(args.map((arg, index): [string, TemplateValue] => [`arg${index}`, arg])),
  };
}

/** @throws SyntaxError in Go's words */
function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(
      reason.startsWith("error parsing regexp") ? reason : `error parsing regexp: ${reason}`,
    );
  }
}

function mustCompile(pattern: string): RE2JS {
  try {
    return compile(pattern);
  } catch (error) {
    const shown = /^[^`\p{Cc}]*$/u.test(pattern) ? `\`${pattern}\`` : quote(pattern);
    throw new SyntaxError(`regexp: Compile(${shown}): ${error instanceof Error ? error.message : error}`);
  }
}

/** The first letter of each word in upper case, the others as they are; what is not a letter, digit or _ ends a word. */
function title(of: string): string {
  return of.replaceAll(/(?<![A-Za-z0-9_\u0080-\u{10ffff}])\p{L}|(?<=\s)\p{L}/gu, (letter) => {
    const upper = letter.toUpperCase();
    return upper.length === letter.length ? upper : letter;
  });
}

function seconds(duration: string): number {
  const ms = parseDuration(duration);
  if (typeof ms !== "number") throw new SyntaxError(ms.problem);
  return ms / 1000;
}

function pathOf(url: string): string {
  return URL.parse(url)?.pathname.replace(/^\/$/, "") ?? "";
}
