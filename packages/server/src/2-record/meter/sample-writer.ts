/** Collects the meter's samples column by column, and hands them on in batches that are not too large. */
import { setStale } from "@batchwatch/promql";
import type { KnownSeries, MetricFamily, SampleBatch } from "../../model/samples.ts";
import { METER_FAMILIES } from "./meter-families.ts";

const SAMPLES_A_BATCH = 100_000;

const FAMILIES: readonly MetricFamily[] = METER_FAMILIES.map(({ name, type, help }) => ({
  family: name,
  type,
  help,
  unit: "",
}));

export class SampleWriter {
  readonly #batches: SampleBatch[] = [];
  #series: KnownSeries[] = [];
  #indexOf = new Map<KnownSeries, number>();
  #index: number[] = [];
  #times: number[] = [];
  #values: number[] = [];
  #stale: number[] = [];

  add(series: KnownSeries, at: number, value: number): void {
    let index = this.#indexOf.get(series);
    if (index === undefined) {
      index = this.#series.length;
      this.#series.push(series);
      this.#indexOf.set(series, index);
    }
    this.#index.push(index);
    this.#times.push(at);
    this.#values.push(value);
    if (this.#times.length >= SAMPLES_A_BATCH) this.#close();
  }

  /** "This series ended here." */
  addStale(series: KnownSeries, at: number): void {
    this.#stale.push(this.#times.length);
    this.add(series, at, Number.NaN);
  }

  batches(): readonly SampleBatch[] {
    if (this.#times.length > 0) this.#close();
    return this.#batches;
  }

  #close(): void {
    const values = Float64Array.from(this.#values);
    for (const index of this.#stale) setStale(values, index);
    this.#batches.push({
      series: this.#series,
      seriesIndex: Uint32Array.from(this.#index),
      times: Float64Array.from(this.#times),
      values,
      families: FAMILIES,
    });
    this.#stale = [];
    this.#series = [];
    this.#indexOf = new Map();
    this.#index = [];
    this.#times = [];
    this.#values = [];
  }
}
