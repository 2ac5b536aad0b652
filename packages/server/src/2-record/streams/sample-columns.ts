/** A batch of samples while it is put together, column by column. */
import { isStaleAt, setStale } from "@batchwatch/promql";
import type { KnownSeries, SampleBatch, SeriesLabels } from "../../model/samples.ts";

type Labels = SeriesLabels | KnownSeries;

export class SampleColumns {
  readonly #like: Pick<SampleBatch, "namespace" | "families">;
  readonly #series: Labels[] = [];
  readonly #indexOf = new Map<Labels, number>();
  readonly #index: number[] = [];
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #stale: number[] = [];

  /** Of whom the samples are. */
  constructor({ namespace, families }: Pick<SampleBatch, "namespace" | "families">) {
    this.#like = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(families === undefined ? {} : { families }),
    };
  }

  /** One object is one series. */
  add(labels: Labels, at: number, value: number): void {
    let index = this.#indexOf.get(labels);
    if (index === undefined) {
      index = this.#series.length;
      this.#series.push(labels);
      this.#indexOf.set(labels, index);
    }
    this.#index.push(index);
    this.#times.push(at);
    this.#values.push(value);
  }

  addStale(labels: Labels, at: number): void {
    this.#stale.push(this.#times.length);
    this.add(labels, at, Number.NaN);
  }

  addAll({ series, seriesIndex, times, values }: SampleBatch): void {
    for (let sample = 0; sample < times.length; sample++) {
      const labels = series[seriesIndex[sample] ?? 0];
      if (labels === undefined) continue;
      if (isStaleAt(values, sample)) this.addStale(labels, times[sample] ?? 0);
      else this.add(labels, times[sample] ?? 0, values[sample] ?? 0);
    }
  }

  batch(): SampleBatch {
    const values = Float64Array.from(this.#values);
    for (const index of this.#stale) setStale(values, index);
    return {
      ...this.#like,
      series: this.#series,
      seriesIndex: Uint32Array.from(this.#index),
      times: Float64Array.from(this.#times),
      values,
    };
  }
}
