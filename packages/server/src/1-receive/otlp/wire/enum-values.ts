/** Enums of the protos as this house's words. Numbers that a later version of OTLP may add read as "unspecified" or "unset". */
import type { SpanKind, SpanStatusCode, Temporality } from "./otlp-types.ts";

const SPAN_KINDS: readonly SpanKind[] = [
  "unspecified",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
];
const STATUS_CODES: readonly SpanStatusCode[] = ["unset", "ok", "error"];
const TEMPORALITIES: readonly Temporality[] = ["unspecified", "delta", "cumulative"];
const SEVERITY_LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const MAX_SEVERITY_NUMBER = SEVERITY_LEVELS.length * 4;

export function spanKindOf(value: number): SpanKind {
  return SPAN_KINDS[value] ?? "unspecified";
}

export function statusCodeOf(value: number): SpanStatusCode {
  return STATUS_CODES[value] ?? "unset";
}

export function temporalityOf(value: number): Temporality {
  return TEMPORALITIES[value] ?? "unspecified";
}

/** 1 to 24; anything else is "not given". */
export function severityNumberOf(value: number): number {
  return value >= 1 && value <= MAX_SEVERITY_NUMBER ? value : 0;
}

/** Names of an enum with their numbers; OTLP/JSON has numbers only, generic protobuf encoders write names. */
export interface EnumNames {
  readonly prefix: string;
  readonly names: readonly string[];
}

export const SPAN_KIND_NAMES: EnumNames = { prefix: "SPAN_KIND_", names: upperCased(SPAN_KINDS) };
export const STATUS_CODE_NAMES: EnumNames = { prefix: "STATUS_CODE_", names: upperCased(STATUS_CODES) };
export const TEMPORALITY_NAMES: EnumNames = {
  prefix: "AGGREGATION_TEMPORALITY_",
  names: upperCased(TEMPORALITIES),
};
export const SEVERITY_NAMES: EnumNames = {
  prefix: "SEVERITY_NUMBER_",
  names: [
    "UNSPECIFIED",
    ...SEVERITY_LEVELS.flatMap((level) => [level, `${level}2`, `${level}3`, `${level}4`]),
  ],
};

/** The number of an enum's name, with or without its prefix, in any case; `null` for a name it does not have. */
export function enumNumberOf(name: string, known: EnumNames): number | null {
  const upper = name.toUpperCase();
  const bare = upper.startsWith(known.prefix) ? upper.slice(known.prefix.length) : upper;
  const index = known.names.indexOf(bare);
  return index < 0 ? null : index;
}

function upperCased(words: readonly string[]): readonly string[] {
  return words.map((word) => word.toUpperCase());
}
