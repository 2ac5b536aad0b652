/**
 * The text format 0.0.4 as the Pushgateway takes it (PROMETHEUS 6): strict where it is strict (no timestamps, no exemplars, no
 * carriage returns, a line's end after the last line), lenient where it is (tabs, trailing commas, interleaved families).
 */
import type { PushedFamily, PushedSample, PushedType } from "../../model/push-group.ts";
import { PushError } from "./push-error.ts";

const TYPES: ReadonlySet<string> = new Set(["counter", "gauge", "histogram", "summary", "untyped"]);
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const BLANKS = /[ \t]*/y;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

interface OpenFamily {
  name: string;
  type: PushedType | null;
  help: string | null;
  samples: PushedSample[];
}

/** @throws PushError with the line */
export function readText(text: string): PushedFamily[] {
  if (text === "") return [];
  if (!text.endsWith("\n")) throw new PushError("The last line has no end: let the body end with a newline.");
  const families = new Map<string, OpenFamily>();
  text
    .slice(0, -1)
    .split("\n")
    .forEach((line, index) => {
      try {
        readLine(line, families);
      } catch (error) {
        if (error instanceof PushError) throw new PushError(`line ${index + 1}: ${error.message}`);
        throw error;
      }
    });
  return [...families.values()]
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => ({ name, type: type ?? "untyped", help: help ?? "", samples }));
}

function readLine(line: string, families: Map<string, OpenFamily>): void {
  if (line.includes("\r")) throw new PushError("a carriage return: end lines with \\n alone");
  const text = line.replace(/^[ \t]+/, "");
  if (text === "") return;
  if (text.startsWith("#")) readComment(text, families);
  else readSample(text, families);
}

function readComment(text: string, families: Map<string, OpenFamily>): void {
  const match = /^#[ \t]+(HELP|TYPE)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)(?:[ \t]+(.*))?$/.exec(text);
  if (match === null) return;
  const [, keyword, name = "", rest = ""] = match;
  const family = familyNamed(name, families);
  if (keyword === "HELP") {
    if (family.help !== null) throw new PushError(`second HELP for ${name}`);
    family.help = rest.replaceAll("\\n", "\n").replaceAll("\\\\", "\\");
    return;
  }
  if (family.type !== null) throw new PushError(`second TYPE for ${name}`);
  if (family.samples.length > 0) throw new PushError(`TYPE of ${name} after a sample of it`);
  const type = rest.trim().toLowerCase();
  if (!TYPES.has(type)) throw new PushError(`unknown type ${JSON.stringify(rest.slice(0, 40))} of ${name}`);
  family.type = type as PushedType;
}

function readSample(text: string, families: Map<string, OpenFamily>): void {
  const name = take(NAME, text, 0);
  if (name === "") throw new PushError(`no metric name in ${JSON.stringify(text.slice(0, 60))}`);
  let position = skipBlanks(text, name.length);
  let labels: Record<string, string> = {};
  if (text[position] === "{") {
    const read = readLabels(text, position + 1);
    labels = read.labels;
    position = skipBlanks(text, read.end);
  }
  const rest = text.slice(position);
  const value = /^[^ \t]+/.exec(rest)?.[0] ?? "";
  if (value === "") throw new PushError(`no value of ${name}`);
  const after = rest.slice(value.length);
  if (after.trim() !== "")
    throw new PushError(
      after.trim().startsWith("#")
        ? "exemplars are not part of the text format 0.0.4"
        : "pushed metrics must not have timestamps",
    );
  if (after !== "") throw new PushError(`blanks after the value of ${name}`);
  const family = familyOfSample(name, families);
  family.samples.push({ name, labels, value: readNumber(value, name) });
}

function readNumber(text: string, name: string): string {
  if (/^nan$/i.test(text)) return "NaN";
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? "-Infinity" : "Infinity";
  if (!NUMBER.test(text))
    throw new PushError(`${JSON.stringify(text.slice(0, 40))} is no number for ${name}`);
  return String(Number(text));
}

function readLabels(text: string, from: number): { labels: Record<string, string>; end: number } {
  const labels: Record<string, string> = {};
  let position = skipBlanks(text, from);
  while (text[position] !== "}") {
    const name = take(LABEL_NAME, text, position);
    if (name === "")
      throw new PushError(
        `a label name was expected at ${JSON.stringify(text.slice(position, position + 20))}`,
      );
    if (name.startsWith("__")) throw new PushError(`label names beginning with __ are reserved: ${name}`);
    if (labels[name] !== undefined) throw new PushError(`label ${name} twice`);
    position = skipBlanks(text, position + name.length);
    if (text[position] !== "=") throw new PushError(`"=" was expected after label ${name}`);
    position = skipBlanks(text, position + 1);
    const value = readQuoted(text, position, name);
    labels[name] = value.text;
    position = skipBlanks(text, value.end);
    if (text[position] === ",") position = skipBlanks(text, position + 1);
    else if (text[position] !== "}") throw new PushError(`"," or "}" was expected after label ${name}`);
  }
  return { labels, end: position + 1 };
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\", '"': '"', n: "\n" };

function readQuoted(text: string, from: number, name: string): { text: string; end: number } {
  if (text[from] !== '"') throw new PushError(`the value of label ${name} is not in double quotes`);
  let value = "";
  for (let position = from + 1; position < text.length; position++) {
    const char = text[position] ?? "";
    if (char === '"') return { text: value, end: position + 1 };
    if (char !== "\\") {
      value += char;
      continue;
    }
    position += 1;
    const escaped = ESCAPES[text[position] ?? ""];
    if (escaped === undefined)
      throw new PushError(`unknown escape \\${text[position] ?? ""} in label ${name}`);
    value += escaped;
  }
  throw new PushError(`the value of label ${name} has no end`);
}

/** Parts of histograms and summaries belong to the family that was declared. */
function familyOfSample(name: string, families: Map<string, OpenFamily>): OpenFamily {
  const own = families.get(name);
  if (own !== undefined && own.type !== null) return own;
  for (const suffix of ["_bucket", "_sum", "_count"]) {
    if (!name.endsWith(suffix)) continue;
    const whole = families.get(name.slice(0, -suffix.length));
    if (whole?.type === "histogram" || (whole?.type === "summary" && suffix !== "_bucket")) return whole;
  }
  return familyNamed(name, families);
}

function familyNamed(name: string, families: Map<string, OpenFamily>): OpenFamily {
  const known = families.get(name) ?? { name, type: null, help: null, samples: [] };
  families.set(name, known);
  return known;
}

function take(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function skipBlanks(text: string, at: number): number {
  return at + take(BLANKS, text, at).length;
}
