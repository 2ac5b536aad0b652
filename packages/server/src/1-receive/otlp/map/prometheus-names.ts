/**
 * OTLP names and units → Prometheus names, as Prometheus's own strategy `UnderscoreEscapingWithSuffixes` has them, so that users'
 * rules and dashboards find what they name. A name that holds its unit already keeps it once.
 */
import type { Metric } from "../wire/otlp-types.ts";

const UNIT_WORDS: Readonly<Record<string, string>> = {
  d: "days",
  h: "hours",
  min: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  TiBy: "tibibytes",
  KBy: "kilobytes",
  MBy: "megabytes",
  GBy: "gigabytes",
  TBy: "terabytes",
  m: "meters",
  V: "volts",
  A: "amperes",
  J: "joules",
  W: "watts",
  g: "grams",
  Cel: "celsius",
  Hz: "hertz",
  "1": "",
  "%": "percent",
};
const PER_WORDS: Readonly<Record<string, string>> = {
  s: "second",
  m: "minute",
  min: "minute",
  h: "hour",
  d: "day",
  w: "week",
  mo: "month",
  y: "year",
};

export function prometheusName(
  metric: Pick<Metric, "name" | "unit"> & { kind: Metric["kind"]; isMonotonic?: boolean },
): string {
  const tokens = metric.name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== "");
  for (const word of unitTokens(metric.unit)) if (!tokens.includes(word)) tokens.push(...word.split(" "));
  const isCounter = metric.kind === "sum" && metric.isMonotonic === true;
  const named = isCounter ? [...tokens.filter((token) => token !== "total"), "total"] : tokens;
  if (metric.kind === "gauge" && metric.unit === "1" && !named.includes("ratio")) named.push("ratio");
  const name = named.join("_");
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

function unitTokens(unit: string): string[] {
  const [main = "", per = ""] = unit.split("/", 2).map((part) => part.trim());
  const words: string[] = [];
  if (main !== "" && !/[{}]/.test(main)) {
    const word = UNIT_WORDS[main] ?? cleanUnit(main);
    if (word !== "") words.push(word);
  }
  if (per !== "" && !/[{}]/.test(per)) {
    const word = PER_WORDS[per] ?? cleanUnit(per);
    if (word !== "") words.push(`per ${word}`);
  }
  return words;
}

function cleanUnit(unit: string): string {
  return unit.replaceAll(/[^a-zA-Z0-9:]+/g, "_").replaceAll(/^_+|_+$/g, "");
}

/** Attribute keys → label names: everything outside [a-zA-Z0-9_] becomes `_`, a leading digit gets `key_`. */
export function labelName(key: string): string {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/g, "_");
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}
