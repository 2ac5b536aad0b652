/**
 * What the series of a panel are called: by the panel's template ("p95 {{job_name}}"), else by the labels that tell them
 * apart. No two of a panel have the same name. Pure.
 */
import type { Labels } from "../../api/prometheus.ts";

export interface Unnamed {
  labels: Labels;
  /** Of the query that it came from; null = none was written. */
  template: string | null;
}

const NONE = "(none)";

export function seriesNames(series: readonly Unnamed[], only = "value"): string[] {
  const telling = tellingLabels(series.map(({ labels }) => labels));
  const names = series.map(({ labels, template }) =>
    template === null ? plainName(labels, telling, only) : fillTemplate(template, labels),
  );
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const seen = new Map<string, number>();
  return names.map((name, index) => {
    let full = name;
    const own = series[index];
    if ((counts.get(name) ?? 0) > 1 && own !== undefined && own.template !== null)
      full = [name, valuesOf(own.labels, telling)].filter(Boolean).join(" ");
    const times = (seen.get(full) ?? 0) + 1;
    seen.set(full, times);
    return times === 1 ? full : `${full} (${times})`;
  });
}

/** `{{ job_name }}` → the label's value; a label that the series lacks is "(none)". */
function fillTemplate(template: string, labels: Labels): string {
  return template
    .replaceAll(/\{\{\s*([^{}\s]+)\s*\}\}/g, (_whole, name: string) => labels[name] || NONE)
    .trim();
}

function plainName(labels: Labels, telling: readonly string[], only: string): string {
  return valuesOf(labels, telling) || labels.__name__ || only;
}

function valuesOf(labels: Labels, names: readonly string[]): string {
  return names.map((name) => labels[name] || NONE).join(" ");
}

/** The labels whose values differ; of a single series all, but its metric's name. */
function tellingLabels(all: readonly Labels[]): string[] {
  const names = [...new Set(all.flatMap((labels) => Object.keys(labels)))].sort();
  const differing = names.filter((name) => new Set(all.map((labels) => labels[name] ?? "")).size > 1);
  return all.length > 1 ? differing : names.filter((name) => name !== "__name__");
}
