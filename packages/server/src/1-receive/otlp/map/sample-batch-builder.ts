/** Collects samples column by column; a label set stands once however many points it has. Labels are in the order of their names. */
import { setStale } from "@batchwatch/promql";
import type { ExponentialHistogram, ExponentialSample } from "../../../model/exponential-histogram.ts";
import type { LabelledBatch, MetricFamily, SeriesLabels } from "../../../model/samples.ts";
import type { AttributeMap } from "../wire/otlp-types.ts";
import { labelName } from "./prometheus-names.ts";

/** Attribute keys are few and come with every point. */
const LABEL_NAMES_KEPT = 10_000;
const labelNames = new Map<string, string>();

/** How a point stands in its stream. */
export interface PointOfStream {
  at: number;
  /** 0 = not said, or of no meaning (a gauge). */
  startAt: number;
  isDelta: boolean;
  /** There is no value here: the stream ended. */
  isStale: boolean;
}

export class SampleBatchBuilder {
  readonly #series: SeriesLabels[] = [];
  readonly #indexByKey = new Map<string, number>();
  readonly #index: number[] = [];
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #startTimes: number[] = [];
  readonly #deltas: number[] = [];
  readonly #stale: number[] = [];
  readonly #exponential: ExponentialSample[] = [];
  readonly #families = new Map<string, MetricFamily>();

  /** @param own labels beside the point's attributes, which they win over */
  add(attributes: AttributeMap, own: SeriesLabels, point: PointOfStream, value: number): void {
    const labels = labelsOf(attributes, own);
    const names = Object.keys(labels).sort();
    let key = "";
    for (const name of names) key += `${name}\0${labels[name]}\0`;
    let index = this.#indexByKey.get(key);
    if (index === undefined) {
      index = this.#series.length;
      this.#indexByKey.set(key, index);
      this.#series.push(inOrder(labels, names));
      this.#deltas.push(point.isDelta ? 1 : 0);
    }
    if (point.isStale) this.#stale.push(this.#times.length);
    this.#index.push(index);
    this.#times.push(Math.round(point.at));
    this.#values.push(value);
    this.#startTimes.push(Math.round(point.startAt));
  }

  addExponential(
    attributes: AttributeMap,
    own: SeriesLabels,
    family: string,
    point: PointOfStream,
    histogram: ExponentialHistogram,
  ): void {
    const labels = labelsOf(attributes, own);
    const [at, startAt] = [Math.round(point.at), Math.round(point.startAt)];
    this.#exponential.push({
      ...histogram,
      family,
      labels: inOrder(labels, Object.keys(labels).sort()),
      at,
      startAt,
      isDelta: point.isDelta,
    });
  }

  describe(family: MetricFamily): void {
    if (!this.#families.has(family.family)) this.#families.set(family.family, family);
  }

  /** Samples, an exponential histogram counted as one. */
  get length(): number {
    return this.#times.length + this.#exponential.length;
  }

  /** null when nothing was added. */
  build(namespace: string): LabelledBatch | null {
    if (this.length === 0) return null;
    const values = Float64Array.from(this.#values);
    for (const index of this.#stale) setStale(values, index);
    const needsStreams = this.#startTimes.some((startAt) => startAt > 0) || this.#deltas.includes(1);
    return {
      series: this.#series,
      seriesIndex: Uint32Array.from(this.#index),
      times: Float64Array.from(this.#times),
      values,
      namespace,
      families: [...this.#families.values()],
      ...(needsStreams
        ? {
            streams: {
              startTimes: Float64Array.from(this.#startTimes),
              deltas: Uint8Array.from(this.#deltas),
            },
          }
        : {}),
      ...(this.#exponential.length > 0 ? { exponential: this.#exponential } : {}),
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
