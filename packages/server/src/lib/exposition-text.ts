/**
 * Metric families → Prometheus's text format 0.0.4 or OpenMetrics 1.0 (PROMETHEUS 6). They differ in how a counter's family is
 * called, in units, `_created` samples, escapes in HELP, the form of `le`, and the end mark.
 */
import type { ExposedFamily, ExposedPoint } from "../model/exposition.ts";
import type { SeriesLabels } from "../model/samples.ts";

export type ExpositionFormat = "text" | "openmetrics";

export const EXPOSITION_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

const UNITS: readonly string[] = ["seconds", "bytes"];

export function renderExposition(families: readonly ExposedFamily[], format: ExpositionFormat): string {
  const lines: string[] = [];
  for (const family of families) {
    addHead(lines, family, format);
    for (const point of family.points) addPoint(lines, family, point, format);
  }
  if (format === "openmetrics") lines.push("# EOF");
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** What an Accept header asks for; text 0.0.4 where it does not say. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  const wanted: Record<ExpositionFormat, number> = { text: 0, openmetrics: 0 };
  for (const part of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
    const named = new Map(parameters.map((each) => each.split("=", 2) as [string, string]));
    const quality = Number(named.get("q") ?? "1");
    const version = named.get("version");
    if (type === "application/openmetrics-text" && (version === undefined || /^(1\.|0\.0\.1)/.test(version)))
      wanted.openmetrics = Math.max(wanted.openmetrics, quality);
    else if (type === "text/plain" && (version === undefined || version === "0.0.4"))
      wanted.text = Math.max(wanted.text, quality);
  }
  return wanted.openmetrics > 0 && wanted.openmetrics >= wanted.text ? "openmetrics" : "text";
}

function addHead(lines: string[], { name, type, help }: ExposedFamily, format: ExpositionFormat): void {
  if (format === "text") {
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    return;
  }
  const family = familyName(name, type);
  lines.push(`# TYPE ${family} ${type}`);
  const unit = UNITS.find((each) => family.endsWith(`_${each}`));
  if (unit !== undefined) lines.push(`# UNIT ${family} ${unit}`);
  lines.push(`# HELP ${family} ${escapeValue(help)}`);
}

function addPoint(
  lines: string[],
  { name, type }: ExposedFamily,
  { labels, value, createdAt }: ExposedPoint,
  format: ExpositionFormat,
): void {
  if (typeof value === "number") lines.push(`${name}${labelText(labels)} ${numberText(value)}`);
  else {
    value.bounds.forEach((bound, index) => {
      const le = format === "openmetrics" ? floatText(bound) : String(bound);
      lines.push(`${name}_bucket${labelText({ ...labels, le })} ${value.below[index] ?? 0}`);
    });
    lines.push(
      `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${value.count}`,
      `${name}_sum${labelText(labels)} ${numberText(value.sum)}`,
      `${name}_count${labelText(labels)} ${value.count}`,
    );
  }
  if (format === "openmetrics" && createdAt !== undefined && type !== "gauge")
    lines.push(`${familyName(name, type)}_created${labelText(labels)} ${numberText(createdAt / 1000)}`);
}

/** OpenMetrics calls a counter's family without `_total`. */
function familyName(name: string, type: ExposedFamily["type"]): string {
  return type === "counter" ? name.replace(/_total$/, "") : name;
}

function labelText(labels: SeriesLabels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

export function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

/** A number that is whole has a point all the same. */
function floatText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : numberText(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
