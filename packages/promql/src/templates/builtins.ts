/** The functions that Go's text/template brings itself. */
import { fixed, type TemplateFunction, variadic } from "./function-table.ts";
import { sprint, sprintf } from "./printf.ts";
import { GoInt, isTrue, type TemplateValue, typeName, valueText } from "./values.ts";

export const BUILTINS: readonly (readonly [string, TemplateFunction])[] = [
  // The short circuit of these two is in execute.ts; this is what they come to when all arguments are there.
  ["and", variadic(["any"], "any", (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1))],
  ["or", variadic(["any"], "any", (args) => args.find((arg) => isTrue(arg)) ?? args.at(-1))],
  ["not", fixed(["any"], ([arg]) => !isTrue(arg))],
  ["len", fixed(["any"], ([arg]) => new GoInt(lengthOf(arg)))],
  ["index", variadic(["any"], "any", ([of, ...keys]) => keys.reduce(indexed, of))],
  ["slice", variadic(["any"], "any", ([of, ...indexes]) => sliced(of, indexes))],
  ["call", variadic(["any"], "any", ([of]) => notAFunction(of))],
  ["print", variadic([], "any", sprint)],
  ["println", variadic([], "any", (args) => `${args.map(valueText).join(" ")}\n`)],
  ["printf", variadic(["string"], "any", ([format, ...args]) => sprintf(String(format), args))],
  ["html", variadic([], "any", (args) => escapeHtml(asText(args)))],
  ["js", variadic([], "any", (args) => escapeJs(asText(args)))],
  ["urlquery", variadic([], "any", (args) => queryEscape(asText(args)))],
  ["eq", variadic(["any"], "any", (args) => isEqual(args))],
  ["ne", fixed(["any", "any"], (args) => !isEqual(args))],
  ["lt", fixed(["any", "any"], ([a, b]) => isLess(a, b))],
  ["le", fixed(["any", "any"], ([a, b]) => isLess(a, b) || isEqual([a, b]))],
  ["gt", fixed(["any", "any"], ([a, b]) => !isLess(a, b) && !isEqual([a, b]))],
  ["ge", fixed(["any", "any"], ([a, b]) => !isLess(a, b))],
];

function lengthOf(value: TemplateValue): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (typeof value === "object" && value?.kind === "map") return value.entries.size;
  if (typeof value === "object" && value?.kind === "slice") return value.items.length;
  if (value === null || value === undefined) throw new TypeError("len of nil pointer");
  throw new TypeError(`len of type ${typeName(value)}`);
}

function indexed(of: TemplateValue, key: TemplateValue): TemplateValue {
  if (of === null || of === undefined) throw new TypeError("index of untyped nil");
  if (typeof of === "object" && of.kind === "map") {
    if (typeof key !== "string") throw new TypeError(`value has type ${typeName(key)}; should be string`);
    return of.entries.has(key) ? of.entries.get(key) : of.element === "string" ? "" : undefined;
  }
  if (typeof of === "string") {
    const bytes = new TextEncoder().encode(of);
    return new GoInt(bytes[place(key, bytes.length, false)] ?? 0);
  }
  if (typeof of === "object" && of.kind === "slice") return of.items[place(key, of.items.length, false)];
  throw new TypeError(`can't index item of type ${typeName(of)}`);
}

function place(key: TemplateValue, length: number, isEnd: boolean): number {
  if (typeof key !== "object" || key?.kind !== "int")
    throw new TypeError(`cannot index slice/array with type ${typeName(key)}`);
  if (key.value < 0 || key.value > length || (!isEnd && key.value === length))
    throw new RangeError(`index out of range: ${key.value}`);
  return key.value;
}

function sliced(of: TemplateValue, indexes: readonly TemplateValue[]): TemplateValue {
  if (indexes.length > 3) throw new TypeError(`too many slice indexes: ${indexes.length}`);
  if (of === null || of === undefined) throw new TypeError("slice of untyped nil");
  const isList = typeof of === "object" && of.kind === "slice";
  if (typeof of !== "string" && !isList) throw new TypeError(`can't slice item of type ${typeName(of)}`);
  if (typeof of === "string" && indexes.length === 3) throw new TypeError("cannot 3-index slice a string");
  const length = lengthOf(of);
  const [first, second] = indexes;
  const from = first === undefined ? 0 : place(first, length, true);
  const to = second === undefined ? length : place(second, length, true);
  if (from > to) throw new RangeError(`invalid slice index: ${from} > ${to}`);
  if (typeof of === "string") return new TextDecoder().decode(new TextEncoder().encode(of).slice(from, to));
  return isList ? { ...of, items: of.items.slice(from, to) } : null;
}

function notAFunction(value: TemplateValue): never {
  if (value === null || value === undefined) throw new TypeError("call of nil");
  throw new TypeError(`non-function ${valueText(value)} of type ${typeName(value)}`);
}

type Basic = "int" | "float" | "string" | "bool";

function basicKind(value: TemplateValue): Basic {
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "object" && value?.kind === "int") return "int";
  throw new TypeError(`non-comparable type ${valueText(value)}: ${typeName(value)}`);
}

function isEqual([first, ...others]: readonly TemplateValue[]): boolean {
  if (others.length === 0) throw new TypeError("missing argument for comparison");
  return others.some((other) => isPairEqual(first, other));
}

function isPairEqual(a: TemplateValue, b: TemplateValue): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw new TypeError("incompatible types for comparison");
  return plain(a) === plain(b);
}

function isLess(a: TemplateValue, b: TemplateValue): boolean {
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw new TypeError("incompatible types for comparison");
  if (kind === "bool") throw new TypeError("invalid type for comparison");
  const left = plain(a);
  const right = plain(b);
  if (typeof left === "string" && typeof right === "string") return left < right;
  return typeof left === "number" && typeof right === "number" && left < right;
}

function plain(value: TemplateValue): number | string | boolean | null {
  if (typeof value === "object" && value?.kind === "int") return value.value;
  return typeof value === "object" || value === undefined ? null : value;
}

function asText(args: readonly TemplateValue[]): string {
  return args.length === 1 && typeof args[0] === "string" ? args[0] : sprint(args);
}

const HTML: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/["'&<>\0]/g, (char) => HTML[char] ?? char);
}

const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

function escapeJs(text: string): string {
  return text.replaceAll(/[\\'"<>&=]|\p{Cc}/gu, (char) => {
    const known = JS[char];
    if (known !== undefined) return known;
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  });
}

/** Go's `url.QueryEscape`: a blank is a plus. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%20", "+")
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
