/** Label sets made from label sets. All keep the order of names that `Labels` warrants. */
import { compareText, type Labels, METRIC_NAME, NO_LABELS, sortedLabels } from "../labels.ts";

/** The labels that describe the metric itself and go when a value is no longer that metric's. */
const METADATA_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, "__type__", "__unit__"]);

export function filterLabels(labels: Labels, keep: (name: string) => boolean): Labels {
  const names: string[] = [];
  const values: string[] = [];
  for (const [index, name] of labels.names.entries()) {
    if (!keep(name)) continue;
    names.push(name);
    values.push(labels.values[index] ?? "");
  }
  if (names.length === labels.names.length) return labels;
  return names.length === 0 ? NO_LABELS : sortedLabels(names, values);
}

export function withoutMetadata(labels: Labels): Labels {
  return filterLabels(labels, (name) => !METADATA_LABELS.has(name));
}

export function isMetadataLabel(name: string): boolean {
  return METADATA_LABELS.has(name);
}

/** With one label set; an empty value removes it. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const names: string[] = [];
  const values: string[] = [];
  let placed = value === "";
  for (const [index, known] of labels.names.entries()) {
    if (known === name) continue;
    if (!placed && compareText(known, name) > 0) {
      names.push(name);
      values.push(value);
      placed = true;
    }
    names.push(known);
    values.push(labels.values[index] ?? "");
  }
  if (!placed) {
    names.push(name);
    values.push(value);
  }
  return names.length === 0 ? NO_LABELS : sortedLabels(names, values);
}

const SEPARATOR = "\u{fe}";

/** A text that is equal for two label sets exactly when the chosen labels are equal (a missing one is empty). */
export type LabelKey = (labels: Labels) => string;

export function keyOfListed(names: readonly string[]): LabelKey {
  const [only] = names;
  if (only === undefined) return () => "";
  if (names.length === 1) return (labels) => presentValue(labels, only);
  return (labels) => {
    let key = "";
    for (const name of names) key += presentValue(labels, name) + SEPARATOR;
    return key;
  };
}

export function keyOfOthers(excluded: ReadonlySet<string>): LabelKey {
  return (labels) => {
    let key = "";
    for (let index = 0; index < labels.names.length; index++) {
      const name = labels.names[index] ?? "";
      if (!excluded.has(name)) key += name + SEPARATOR + (labels.values[index] ?? "") + SEPARATOR;
    }
    return key;
  };
}

function presentValue(labels: Labels, name: string): string {
  const index = labels.names.indexOf(name);
  return index < 0 ? "" : (labels.values[index] ?? "");
}
