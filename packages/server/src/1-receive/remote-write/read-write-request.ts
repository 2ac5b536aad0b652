/**
 * A `WriteRequest` (remote write 1.0) → batches of samples, a slice at a time. Read in place: a series is found by the bytes of
 * its labels, values and times go straight into columns; nothing is made for a sample.
 *
 *   WriteRequest { TimeSeries timeseries = 1; MetricMetadata metadata = 3 }
 *   TimeSeries   { Label labels = 1; Sample samples = 2; Exemplar exemplars = 3; Histogram histograms = 4 }
 *   Sample       { double value = 1; int64 timestamp = 2 }
 */
import { ByteKeys } from "../../lib/byte-keys.ts";
import { KnownSeries, type MetricFamily, type SampleBatch } from "../../model/samples.ts";
import { readFamily } from "./read-family.ts";
import { type ReadSeries, readSeries } from "./read-series.ts";
import { WIRE, WireCursor, WireError } from "./wire-cursor.ts";
import type { Workspace } from "./workspace.ts";

export interface TimeRange {
  /** Both inclusive, epoch ms. */
  readonly earliestAt: number;
  readonly latestAt: number;
}

export interface WriteRequestOptions {
  readonly series: ByteKeys<ReadSeries>;
  readonly times: TimeRange;
  readonly namespace: string;
  /** Slices are as long as its columns. */
  readonly workspace: Workspace;
}

const MOST_REASONS = 5;

const TIMESERIES = (1 << 3) | WIRE.bytes;
const METADATA = (3 << 3) | WIRE.bytes;
const LABELS = (1 << 3) | WIRE.bytes;
const SAMPLES = (2 << 3) | WIRE.bytes;
const EXEMPLARS = (3 << 3) | WIRE.bytes;
const HISTOGRAMS = (4 << 3) | WIRE.bytes;
const VALUE = (1 << 3) | WIRE.fixed64;
const TIMESTAMP = (2 << 3) | WIRE.varint;

export function newSeriesCache(): ByteKeys<ReadSeries> {
  return new ByteKeys<ReadSeries>();
}

export class WriteRequestReader {
  readonly #cursor: WireCursor;
  readonly #options: WriteRequestOptions;
  readonly #reasons = new Set<string>();
  readonly #families: MetricFamily[] = [];
  #series: KnownSeries[] = [];
  #count = 0;
  /** The series at hand: what it is, its place in the slice (-1 = not in it yet), where it ends. */
  #current: ReadSeries = { problem: "" };
  #place = -1;
  #seriesEnd = 0;
  #isInSeries = false;
  /** Samples that were sent. */
  samples = 0;
  /** Of these, those that cannot be stored. */
  invalidSamples = 0;
  exemplars = 0;
  histograms = 0;

  constructor(body: Uint8Array, options: WriteRequestOptions) {
    this.#cursor = new WireCursor(body);
    this.#options = options;
  }

  /** Why samples cannot be stored; the first few reasons. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  /**
   * The samples that can be stored, slice by slice; a slice is valid until the next is asked for.
   * @throws WireError where the body stops being a WriteRequest
   */
  *slices(): Generator<SampleBatch, void, undefined> {
    const cursor = this.#cursor;
    while (!cursor.isAtEnd) {
      if (this.#isInSeries) this.#readSamples();
      else this.#readField();
      if (this.#count === this.#options.workspace.samples) yield this.#takeSlice();
    }
    if (this.#count > 0 || this.#families.length > 0) yield this.#takeSlice();
  }

  #readField(): void {
    const cursor = this.#cursor;
    const { length } = cursor.bytes;
    const tag = cursor.uint32();
    if (tag === TIMESERIES) this.#beginSeries(cursor.endOfBytes(length));
    else if (tag === METADATA) this.#families.push(...readFamily(cursor, cursor.endOfBytes(length)));
    else if (tag >> 3 === 0) throw new WireError("a field has no number", cursor.at);
    else cursor.skip(tag & 7, length);
  }

  /** Labels come first and together, as every sender writes them; so their bytes are the key. */
  #beginSeries(end: number): void {
    const cursor = this.#cursor;
    const labelsFrom = cursor.at;
    while (cursor.at < end && cursor.bytes[cursor.at] === LABELS) {
      cursor.at++;
      cursor.at = cursor.endOfBytes(end);
    }
    this.#current = this.#findSeries(labelsFrom, cursor.at);
    this.#place = -1;
    this.#seriesEnd = end;
    this.#readSamples();
  }

  /** Until the series ends or the slice is full. */
  #readSamples(): void {
    const cursor = this.#cursor;
    const end = this.#seriesEnd;
    while (cursor.at < end && this.#count < this.#options.workspace.samples) {
      const tag = cursor.uint32();
      if (tag === SAMPLES) this.#sample(cursor.endOfBytes(end));
      else if (tag === LABELS) throw new WireError("labels stand between samples", cursor.at);
      else {
        if (tag === EXEMPLARS) this.exemplars++;
        if (tag === HISTOGRAMS) this.#refuseHistogram();
        cursor.skip(tag & 7, end);
      }
    }
    this.#isInSeries = cursor.at < end;
  }

  #findSeries(from: number, to: number): ReadSeries {
    const { series: cache } = this.#options;
    const { view } = this.#cursor;
    const next = cache.follow(view, from, to);
    if (next !== undefined) return next;
    const hash = cache.hash(view, from, to);
    const known = cache.find(hash, view, from, to);
    if (known !== undefined) return known;
    const series = readSeries(this.#cursor, from, to);
    cache.add(hash, view, from, to, series);
    return series;
  }

  #sample(end: number): void {
    const cursor = this.#cursor;
    const series = this.#current;
    const { seriesIndex, times, values, words } = this.#options.workspace;
    const count = this.#count;
    let at = 0;
    values[count] = 0;
    while (cursor.at < end) {
      const tag = cursor.bytes[cursor.at++];
      if (tag === VALUE && cursor.at + 8 <= end) {
        // As two halves: a number would lose the bits of a stale marker.
        words[count * 2] = cursor.view.getUint32(cursor.at, true);
        words[count * 2 + 1] = cursor.view.getUint32(cursor.at + 4, true);
        cursor.at += 8;
      } else if (tag === TIMESTAMP) at = cursor.int64();
      else {
        cursor.at--;
        cursor.skip(cursor.uint32() & 7, end);
      }
    }
    if (cursor.at !== end) throw new WireError("a sample ends elsewhere than it says", cursor.at);
    this.samples++;
    if (!(series instanceof KnownSeries)) {
      this.#refuse(series.problem);
      return;
    }
    const { earliestAt, latestAt } = this.#options.times;
    if (at < earliestAt || at > latestAt) {
      this.#refuse(this.#whyNotThen(at, series));
      return;
    }
    if (this.#place < 0) this.#place = this.#series.push(series) - 1;
    seriesIndex[count] = this.#place;
    times[count] = at;
    this.#count = count + 1;
  }

  #whyNotThen(at: number, { labels }: KnownSeries): string {
    const metric = labels.values[labels.names.indexOf("__name__")] ?? "";
    const side = at > this.#options.times.latestAt ? "too far in the future" : "too far in the past";
    return `a sample of ${JSON.stringify(metric.slice(0, 200))} lies ${side} (timestamp ${at} ms); set the sender's clock`;
  }

  #refuse(reason: string): void {
    this.invalidSamples++;
    if (this.#reasons.size < MOST_REASONS) this.#reasons.add(reason);
  }

  #refuseHistogram(): void {
    this.histograms++;
    if (this.#reasons.size < MOST_REASONS)
      this.#reasons.add(
        "native histograms are not stored; send classic ones (send_native_histograms: false)",
      );
  }

  #takeSlice(): SampleBatch {
    const count = this.#count;
    const { seriesIndex, times, values } = this.#options.workspace;
    const batch: SampleBatch = {
      series: this.#series,
      seriesIndex: seriesIndex.subarray(0, count),
      times: times.subarray(0, count),
      values: values.subarray(0, count),
      namespace: this.#options.namespace,
      ...(this.#families.length === 0 ? {} : { families: this.#families.splice(0) }),
    };
    this.#count = 0;
    this.#place = -1;
    this.#series = [];
    return batch;
  }
}
