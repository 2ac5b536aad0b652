/** Collects samples column by column; a label set stands once however many points it has. */
import type { SampleBatch, SeriesLabels } from "../../../model/samples.ts";

export class SampleBatchBuilder {
  readonly #series: SeriesLabels[] = [];
  readonly #indexByKey = new Map<string, number>();
  readonly #index: number[] = [];
  readonly #times: number[] = [];
  readonly #values: number[] = [];

  add(labels: SeriesLabels, at: number, value: number): void {
    const key = JSON.stringify(labels);
    let index = this.#indexByKey.get(key);
    if (index === undefined) {
      index = this.#series.length;
      this.#indexByKey.set(key, index);
      this.#series.push(labels);
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
