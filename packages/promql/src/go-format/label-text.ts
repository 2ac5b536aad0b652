/** A label set as Prometheus prints it: `{__name__="up", job="x"}`, names that are no plain word in quotes. */
import type { Labels } from "../labels.ts";
import { quote } from "./quoted-text.ts";

export function labelsText(labels: Labels): string {
  const pairs = labels.names.map(
    (name, index) => `${labelNameText(name)}=${quote(labels.values[index] ?? "")}`,
  );
  return `{${pairs.join(", ")}}`;
}

/** True for a name that needs no quotes: letters, digits and `_`, no digit first. */
export function isPlainLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** True for a metric name that needs no quotes: as a label name, colons too. */
export function isPlainMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

export function labelNameText(name: string): string {
  return isPlainLabelName(name) ? name : quote(name);
}
