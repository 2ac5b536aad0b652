/**
 * The values of templates. Go tells whole numbers from floats (`gt $value 5` is a mistake there), so they are told apart
 * here: a plain number is a float64, a `GoInt` an int.
 */
import { formatFloat } from "./go-decimal.ts";
import { durationString, timeString } from "./go-time.ts";

export class GoInt {
  readonly kind = "int";
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export interface GoMap {
  readonly kind: "map";
  /** What a missing key gives: an empty text, or no value at all. */
  readonly element: "string" | "any";
  readonly entries: ReadonlyMap<string, TemplateValue>;
}

export interface GoSlice {
  readonly kind: "slice";
  /** Go's name of the type, for messages and `%T`. */
  readonly typeName: string;
  readonly items: readonly TemplateValue[];
}

export interface GoStruct {
  readonly kind: "struct";
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, TemplateValue>;
}

export interface GoTime {
  readonly kind: "time";
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface GoDuration {
  readonly kind: "duration";
  readonly ns: bigint;
}

/** `null` is nil; `undefined` is "no value": a missing key of a map of anything. */
export type TemplateValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | GoInt
  | GoMap
  | GoSlice
  | GoStruct
  | GoTime
  | GoDuration;

export function stringMap(entries: Iterable<readonly [string, string]>): GoMap {
  return { kind: "map", element: "string", entries: new Map(entries) };
}

/** Go's name of the value's type. */
export function typeName(value: TemplateValue): string {
  switch (typeof value) {
    case "number":
      return "float64";
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "undefined":
      return "<nil>";
    default:
      return value === null ? "<nil>" : objectTypeName(value);
  }
}

function objectTypeName(value: Extract<TemplateValue, { kind: string }>): string {
  switch (value.kind) {
    case "int":
      return "int";
    case "map":
      return value.element === "string" ? "map[string]string" : "map[string]interface {}";
    case "slice":
    case "struct":
      return value.typeName;
    case "time":
      return "*time.Time";
    case "duration":
      return "*time.Duration";
  }
}

/** What `if` and `with` ask. */
export function isTrue(value: TemplateValue): boolean {
  switch (typeof value) {
    case "number":
      // Go's truth of a float is "not equal to 0", which NaN is.
      return value !== 0;
    case "string":
      return value !== "";
    case "boolean":
      return value;
    case "undefined":
      return false;
    default:
      return value !== null && isObjectTrue(value);
  }
}

function isObjectTrue(value: Extract<TemplateValue, { kind: string }>): boolean {
  switch (value.kind) {
    case "int":
      return value.value !== 0;
    case "map":
      return value.entries.size > 0;
    case "slice":
      return value.items.length > 0;
    case "struct":
    case "time":
    case "duration":
      return true;
  }
}

/** The text that Go's `%v` gives. */
export function valueText(value: TemplateValue): string {
  switch (typeof value) {
    case "number":
      return formatFloat(value, "g", -1);
    case "string":
      return value;
    case "boolean":
      return String(value);
    case "undefined":
      return "<nil>";
    default:
      return value === null ? "<nil>" : objectText(value, valueText);
  }
}

/** Maps, slices and structs with their parts written by `part`. */
export function objectText(
  value: Extract<TemplateValue, { kind: string }>,
  part: (value: TemplateValue) => string,
): string {
  switch (value.kind) {
    case "int":
      return String(value.value);
    case "map":
      return `map[${sortedKeys(value)
        .map((key) => `${part(key)}:${part(value.entries.get(key))}`)
        .join(" ")}]`;
    case "slice":
      return `[${value.items.map(part).join(" ")}]`;
    case "struct":
      return `{${[...value.fields.values()].map(part).join(" ")}}`;
    case "time":
      return timeString(value.at);
    case "duration":
      return durationString(value.ns);
  }
}

/** Go prints and ranges over maps in the order of their keys. */
export function sortedKeys(map: GoMap): string[] {
  return [...map.entries.keys()].sort();
}
