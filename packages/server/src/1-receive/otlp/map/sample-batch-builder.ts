/** Collects samples column by column; a label set stands once however many points it has. Labels are in the order of their names. */
import type { SampleBatch, SeriesLabels } from "../../../model/samples.ts";
import type { AttributeMap } from "../wire/otlp-types.ts";
import { labelName } from "./prometheus-names.ts";

/** Attribute keys are few and come with every point. */
const LABEL_NAMES_KEPT = 10_000;
const labelNames = new Map<string, string>();

export class SampleBatchBuilder {
  readonly #series: SeriesLabels[] = [];
  readonly #indexByKey = new Map<string, number>();
  readonly #index: number[] = [];
  readonly #times: number[] = [];
  readonly #values: number[] = [];

  /** @param own labels beside the point's attributes, which they win over */
  add(attributes: AttributeMap, own: SeriesLabels, at: number, value: number): void {
    const labels = labelsOf(attributes, own);
    const names = Object.keys(labels).sort();
    let key = "";
    for (const name of names) key += `${name}\0${labels[name]}\0`;
    let index = this.#indexByKey.get(key);
    if (index === undefined) {
      index = this.#series.length;
      this.#indexByKey.set(key, index);
      this.#series.push(inOrder(labels, names));
    }
    this.#index.push(index);
    this.#times.push(Math.round(at));
    this.#values.push(value);
  }

  /** null when nothing was added. */
  build(): SampleBatch | null {
    if (this.#times.length === 0) return null;
    return {
      series: this.#series,
      seriesIndex: Uint32Array.from(this.#index),
      times: Float64Array.from(this.#times),
      values: Float64Array.from(this.#values),
    };
  }
}

/** Keys that become one label are joined by `;`, in the order of the keys. An empty label is none. */
function labelsOf(attributes: AttributeMap, own: SeriesLabels): Record<string, string> {
  const labels: Record<string, string> = {};
  const keyOfLabel = new Map<string, string[]>();
  let joins = false;
  for (const key in attributes) {
    const value = attributes[key];
    if (value === null || value === undefined || value === "") continue;
    const name = cachedLabelName(key);
    labels[name] = typeof value === "object" ? JSON.stringify(value) : String(value);
    if (name === key) continue;
    const keys = keyOfLabel.get(name);
    if (keys === undefined) keyOfLabel.set(name, [key]);
    else {
      keys.push(key);
      joins = true;
    }
  }
  for (const name of keyOfLabel.keys()) if (attributes[name] !== undefined) joins = true;
  if (joins) joinKeys(attributes, labels, keyOfLabel);
  for (const name in own) {
    const value = own[name];
    if (value !== undefined && value !== "") labels[name] = value;
  }
  return labels;
}

function joinKeys(
  attributes: AttributeMap,
  labels: Record<string, string>,
  keyOfLabel: ReadonlyMap<string, readonly string[]>,
): void {
  for (const [name, keys] of keyOfLabel) {
    const all = attributes[name] === undefined || keys.includes(name) ? keys : [...keys, name];
    labels[name] = all
      .toSorted()
      .map((key) => attributes[key])
      .filter((value) => value !== null && value !== undefined && value !== "")
      .map((value) => (typeof value === "object" ? JSON.stringify(value) : String(value)))
      .join(";");
  }
}

function cachedLabelName(key: string): string {
  let name = labelNames.get(key);
  if (name === undefined) {
    name = labelName(key);
    if (labelNames.size < LABEL_NAMES_KEPT) labelNames.set(key, name);
  }
  return name;
}

function inOrder(labels: Readonly<Record<string, string>>, names: readonly string[]): SeriesLabels {
  const ordered: Record<string, string> = {};
  for (const name of names) ordered[name] = labels[name] ?? "";
  return ordered;
}
