/**
 * Collects the meter's samples column by column, and hands them on in batches that are not too large: full ones at once, so that
 * after a long downtime no more than one is held.
 */
import { setStale } from "@batchwatch/promql";
import type { KnownSeries, MetricFamily, SampleBatch } from "../../model/samples.ts";
import { METER_FAMILIES } from "./meter-families.ts";

const SAMPLES_A_BATCH = 32_768;
const LEAST_ROOM = 1024;

const FAMILIES: readonly MetricFamily[] = METER_FAMILIES.map(({ name, type, help }) => ({
  family: name,
  type,
  help,
  unit: "",
}));

export class SampleWriter {
  #full: SampleBatch[] = [];
  #series: KnownSeries[] = [];
  /** Each series notes its place in the batch: looking it up would cost more than the sample. */
  #batch: object = {};
  #length = 0;
  #index = new Uint32Array(LEAST_ROOM);
  #times = new Float64Array(LEAST_ROOM);
  #values = new Float64Array(LEAST_ROOM);
  #stale: number[] = [];

  add(series: KnownSeries, at: number, value: number): void {
    if (series.batch !== this.#batch) {
      series.batch = this.#batch;
      series.batchIndex = this.#series.length;
      this.#series.push(series);
    }
    if (this.#length === this.#times.length) this.#grow();
    this.#index[this.#length] = series.batchIndex;
    this.#times[this.#length] = at;
    this.#values[this.#length] = value;
    this.#length += 1;
    if (this.#length >= SAMPLES_A_BATCH) this.#close();
  }

  /** "This series ended here." */
  addStale(series: KnownSeries, at: number): void {
    this.#stale.push(this.#length);
    this.add(series, at, Number.NaN);
  }

  /** Those that are full, once. */
  takeFull(): readonly SampleBatch[] {
    const full = this.#full;
    if (full.length > 0) this.#full = [];
    return full;
  }

  /** What is left, once. */
  batches(): readonly SampleBatch[] {
    if (this.#length > 0) this.#close();
    return this.takeFull();
  }

  #grow(): void {
    const room = Math.min(SAMPLES_A_BATCH, this.#times.length * 4);
    const [index, times, values] = [new Uint32Array(room), new Float64Array(room), new Float64Array(room)];
    index.set(this.#index);
    times.set(this.#times);
    values.set(this.#values);
    [this.#index, this.#times, this.#values] = [index, times, values];
  }

  #close(): void {
    const values = this.#values.slice(0, this.#length);
    for (const index of this.#stale) setStale(values, index);
    this.#full.push({
      series: this.#series,
      seriesIndex: this.#index.slice(0, this.#length),
      times: this.#times.slice(0, this.#length),
      values,
      families: FAMILIES,
    });
    this.#stale = [];
    this.#series = [];
    this.#batch = {};
    this.#length = 0;
  }
}
