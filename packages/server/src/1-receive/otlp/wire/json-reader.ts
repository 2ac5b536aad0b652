/**
 * Typed reading of OTLP/JSON objects, field by field, with the leniency that INGEST.md 4.2 lists: 64-bit integers as text or
 * numbers, doubles as numbers, numeric text or "NaN"/"Infinity", enums as numbers or names, `null` as "not set", unknown keys
 * ignored. A value of any other type fails with the path of its field.
 *
 * Field names are read with plain `object[key]`: none of OTLP's names exists on `Object.prototype`, and objects from JSON.parse keep
 * a `__proto__` key as an own property.
 */
import { DecodeState, shorten } from "./decode-state.ts";
import { type EnumNames, enumNumberOf } from "./enum-values.ts";
import { nanosTextToMs } from "./wire-numbers.ts";

export type JsonObject = { readonly [key: string]: unknown };

const DIGITS = /^\d{1,20}$/;
const INTEGER = /^-?\d{1,20}$/;
const DOUBLE = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const HEX_ANY_CASE = /^[0-9a-fA-F]*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT32 = 2 ** 32 - 1;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);
/** Decimal texts up to this length are exact as numbers. */
const EXACT_DIGITS = 15;

export class JsonReader {
  readonly state = new DecodeState();

  isSet(object: JsonObject, key: string): boolean {
    return object[key] !== undefined && object[key] !== null;
  }

  /** Lone surrogates, which no UTF-8 can hold, become U+FFFD. */
  text(object: JsonObject, key: string): string {
    const value = object[key];
    if (typeof value === "string") return value.toWellFormed();
    if (value === undefined || value === null) return "";
    return this.#wrongType(key, "a string", value);
  }

  flag(object: JsonObject, key: string): boolean {
    const value = object[key];
    if (typeof value === "boolean") return value;
    if (value === undefined || value === null) return false;
    return this.#wrongType(key, "true or false", value);
  }

  /** Nanoseconds since the epoch as milliseconds; `null` for 0 and for nothing. */
  timeMs(object: JsonObject, key: string): number | null {
    const digits = this.#uint64Text(object[key], key);
    return digits === null ? null : nanosTextToMs(digits);
  }

  uint64(object: JsonObject, key: string): number {
    return Number(this.#uint64Text(object[key], key) ?? 0);
  }

  uint64s(object: JsonObject, key: string): readonly number[] {
    return this.#list(object, key).map((value, index) => {
      return Number(
        this.#uint64Text(value, `${key}[${index}]`) ??
          this.#wrongType(`${key}[${index}]`, "an integer", value),
      );
    });
  }

  /** `null` if not set: for the value of a point. Beyond 2^53 the nearest double. */
  int64OrNull(object: JsonObject, key: string): number | null {
    const value = this.#int64(object[key], key);
    return value === null ? null : Number(value);
  }

  /** A number if that is exact, else decimal text. */
  int64Exact(object: JsonObject, key: string): number | string | null {
    const value = this.#int64(object[key], key);
    if (value === null || typeof value === "number") return value;
    const nearest = Number(value);
    return Number.isSafeInteger(nearest) ? nearest : value.toString();
  }

  uint32(object: JsonObject, key: string): number {
    return this.#int32Between(object, key, 0, MAX_UINT32);
  }

  int32(object: JsonObject, key: string): number {
    return this.#int32Between(object, key, MIN_INT32, MAX_INT32);
  }

  enumNumber(object: JsonObject, key: string, names: EnumNames): number {
    const value = object[key];
    if (typeof value !== "string" || INTEGER.test(value)) return this.int32(object, key);
    return (
      enumNumberOf(value, names) ?? this.#wrongType(key, `a number or a name like ${names.prefix}…`, value)
    );
  }

  double(object: JsonObject, key: string): number {
    return this.doubleOrNull(object, key) ?? 0;
  }

  doubleOrNull(object: JsonObject, key: string): number | null {
    const value = object[key];
    if (value === undefined || value === null) return null;
    return this.#double(value, key);
  }

  doubles(object: JsonObject, key: string): readonly number[] {
    return this.#list(object, key).map((value, index) => this.#double(value, `${key}[${index}]`));
  }

  /** Hexadecimal in lower case; anything else as it stands, for the rules in check-items.ts to refuse. */
  hexId(object: JsonObject, key: string): string {
    const id = this.text(object, key);
    return HEX_ANY_CASE.test(id) ? id.toLowerCase() : id;
  }

  /** Standard or URL-safe base64, with or without padding, as standard base64 with padding. */
  base64(object: JsonObject, key: string): string {
    const text = this.text(object, key);
    if (!BASE64.test(text)) this.#wrongType(key, "base64", text);
    return Buffer.from(text, "base64").toString("base64");
  }

  /** The elements of a list of objects, decoded; those that decode to `null` are left out. */
  objects<T>(
    object: JsonObject,
    key: string,
    decode: (element: JsonObject, reader: JsonReader) => T | null,
  ): readonly T[] {
    const decoded: T[] = [];
    for (const [index, element] of this.#list(object, key).entries()) {
      this.state.enter(key, index);
      const result = decode(this.toObject(element), this);
      if (result !== null) decoded.push(result);
      this.state.leave();
    }
    return decoded;
  }

  /** A nested object, decoded; `null` if it is not set. */
  object<T>(
    object: JsonObject,
    key: string,
    decode: (nested: JsonObject, reader: JsonReader) => T,
  ): T | null {
    const value = object[key];
    if (value === undefined || value === null) return null;
    this.state.enter(key);
    const result = decode(this.toObject(value), this);
    this.state.leave();
    return result;
  }

  /** The value at the present place, which must be an object. */
  toObject(value: unknown): JsonObject {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
    return this.state.fail("OTLP_WRONG_TYPE", `expected an object, got ${describe(value)}`);
  }

  #list(object: JsonObject, key: string): readonly unknown[] {
    const value = object[key];
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value : this.#wrongType(key, "an array", value);
  }

  #double(value: unknown, key: string): number {
    if (typeof value === "number") return value;
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
    if (typeof value === "string" && DOUBLE.test(value)) return Number(value);
    return this.#wrongType(key, "a number", value);
  }

  #uint64Text(value: unknown, key: string): string | null {
    if (typeof value === "string" && DIGITS.test(value)) {
      if (value.length === 20 && BigInt(value) > MAX_UINT64)
        return this.#wrongType(key, "an integer below 2^64", value);
      return value;
    }
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= Number(MAX_UINT64)) {
      return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
    }
    if (value === undefined || value === null) return null;
    const isNegative = typeof value === "number" || (typeof value === "string" && INTEGER.test(value));
    return this.#wrongType(key, isNegative ? "an integer from 0 to 2^64 - 1" : "an integer", value);
  }

  #int64(value: unknown, key: string): number | bigint | null {
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    if (typeof value === "string" && INTEGER.test(value) && value.length <= EXACT_DIGITS)
      return Number(value);
    if (value === undefined || value === null) return null;
    const isInteger =
      typeof value === "number" ? Number.isInteger(value) : typeof value === "string" && INTEGER.test(value);
    if (!isInteger) return this.#wrongType(key, "an integer", value);
    const exact = BigInt(value as number | string);
    return exact >= MIN_INT64 && exact <= MAX_INT64
      ? exact
      : this.#wrongType(key, "a signed 64-bit integer", value);
  }

  #int32Between(object: JsonObject, key: string, least: number, most: number): number {
    const value = object[key];
    if (value === undefined || value === null) return 0;
    const number = typeof value === "string" && INTEGER.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number))
      return this.#wrongType(key, "an integer", value);
    if (number >= least && number <= most) return number;
    return this.#wrongType(key, `an integer from ${least} to ${most}`, value);
  }

  #wrongType(key: string, expected: string, value: unknown): never {
    this.state.enter(key);
    return this.state.fail("OTLP_WRONG_TYPE", `expected ${expected}, got ${describe(value)}`);
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return shorten(JSON.stringify(value) ?? "nothing", 40);
}
