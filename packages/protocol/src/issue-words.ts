/**
 * What a schema finds wrong, in our words: what is expected and what was given, to stand behind the field's name. Set as
 * zod's language, so that it reaches every schema without a sentence of its own, those of the API included.
 */
import { z } from "zod";
import { nearestName } from "./nearest-name.ts";

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object with names and values",
  record: "an object with names and values",
  array: "a list",
  null: "null",
};
/** Text longer than this is not repeated whole. */
const SHOWN_CHARACTERS = 60;
/** Where one of these is expected, the text that was given instead is no secret. */
const PLAIN_KINDS: readonly string[] = ["number", "int", "boolean"];

/** @returns e.g. `must be a number, not the text "ten"`; always a sentence. */
export function issueWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, issue.input);
    case "invalid_value":
      return wrongValue(issue.values.map(String), issue.input);
    case "too_small":
      return outOfRange(
        issue.origin,
        issue.minimum,
        issue.input,
        issue.inclusive === false ? "above" : "least",
      );
    case "too_big":
      return outOfRange(
        issue.origin,
        issue.maximum,
        issue.input,
        issue.inclusive === false ? "below" : "most",
      );
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return "is not written as it must be";
    case "invalid_key":
      return "holds a name that is not valid";
    case "invalid_element":
      return "holds a value that is not valid";
    case "unrecognized_keys":
      return `holds names that are not known: ${issue.keys.join(", ")}`;
    default:
      return issue.input === undefined ? "is missing" : "is none of the forms that are accepted here";
  }
}

z.config({ localeError: issueWords });

function wrongType(expected: string, input: unknown): string {
  const wanted = `must be ${EXPECTED[expected] ?? expected}`;
  if (input === undefined) return `is missing; it ${wanted}`;
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean"))
    return `${wanted}, not ${typeof input === "number" ? "a number" : "true or false"}: put it in quotes`;
  return `${wanted}, not ${givenWords(input, PLAIN_KINDS.includes(expected))}`;
}

/** Text is named by its kind alone where it may be a secret. */
function givenWords(input: unknown, showText: boolean): string {
  if (input === null) return "null";
  switch (typeof input) {
    case "string":
      return showText ? `the text "${shortened(input)}"` : "text";
    case "number":
    case "boolean":
    case "bigint":
      return String(input);
    case "object":
      return Array.isArray(input) ? "a list" : input instanceof Date ? "a date" : "an object";
    default:
      return `a ${typeof input}`;
  }
}

function wrongValue(known: readonly string[], input: unknown): string {
  const wanted = known.length === 1 ? `must be ${known[0]}` : `must be one of ${known.join(", ")}`;
  if (input === undefined) return `is missing; it ${wanted}`;
  const near = typeof input === "string" && known.length > 1 ? nearestName(input, known) : null;
  if (near !== null) return `"${shortened(String(input))}" is not known; did you mean "${near}"?`;
  return `${wanted}, not ${typeof input === "string" ? `"${shortened(input)}"` : givenWords(input, false)}`;
}

function outOfRange(
  origin: string,
  limit: number | bigint,
  input: unknown,
  bound: "above" | "least" | "below" | "most",
): string {
  if (origin === "string") {
    if (bound === "least" && Number(limit) === 1) return "must not be empty";
    return `must be at ${bound === "least" || bound === "above" ? "least" : "most"} ${limit} characters long`;
  }
  if (origin === "array" || origin === "set" || origin === "record" || origin === "map")
    return `must hold at ${bound === "least" || bound === "above" ? "least" : "most"} ${limit}`;
  const wanted = bound === "least" || bound === "most" ? `at ${bound} ${limit}` : `${bound} ${limit}`;
  return `must be ${wanted}, not ${givenWords(input, true)}`;
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
