/**
 * Exported streams → plain samples of series that only grow (PROMETHEUS 1.5 and 7, INGEST 4.3): increments are added up, a
 * stream that begins gets a zero point at its start, exponential histograms become classic buckets.
 *
 * What is remembered is in memory and bounded. After a restart, or for a stream that was forgotten, a sum of increments begins
 * anew at 0, as the counter of a process that was restarted does; nothing is counted twice.
 */
import { isStaleAt } from "@batchwatch/promql";
import { toClassic } from "../../model/exponential-histogram.ts";
import type { KnownSeries, SampleBatch, SeriesLabels, StreamOrigins } from "../../model/samples.ts";
import { ExponentialTotals } from "./exponential-totals.ts";
import { RecentMap } from "./recent-map.ts";
import { SampleColumns } from "./sample-columns.ts";

const STREAMS_KEPT = 200_000;
/** Exports of one stream that a repetition is told by. */
const TIMES_KEPT = 8;
/** A stream that began longer ago has no zero point: most of its life nobody stored. */
const OLDEST_ZERO_MS = 7 * 86_400_000;

interface Stream {
  startAt: number;
  lastAt: number;
  /** Of increments. */
  total: number;
  /** Of increments: the latest exports, so that one that comes again is not added again. */
  seen: number[];
}

export class StreamTotals {
  readonly #streams = new RecentMap<Stream>(STREAMS_KEPT);
  readonly #exponential = new ExponentialTotals(toClassic, OLDEST_ZERO_MS);

  /** Give a batch once: its increments are added up. */
  resolve(batch: SampleBatch): SampleBatch {
    const { streams, exponential = [], ...plain } = batch;
    if (streams === undefined && exponential.length === 0) return batch;
    const out = new SampleColumns(plain);
    if (streams === undefined) out.addAll(plain);
    else this.#resolveSeries(plain, streams, out);
    for (const sample of exponential) this.#exponential.add(sample, out);
    return out.batch();
  }

  #resolveSeries(batch: SampleBatch, { startTimes, deltas }: StreamOrigins, out: SampleColumns): void {
    const { series, seriesIndex, times, values } = batch;
    const keys = new Array<string | undefined>(series.length);
    for (let sample = 0; sample < times.length; sample++) {
      const index = seriesIndex[sample] ?? 0;
      const labels = series[index];
      if (labels === undefined) continue;
      const at = times[sample] ?? 0;
      const startAt = startTimes[sample] ?? 0;
      const isDelta = deltas[index] === 1;
      if (isStaleAt(values, sample)) out.addStale(labels, at);
      else if (startAt === 0 && !isDelta) out.add(labels, at, values[sample] ?? 0);
      else {
        keys[index] ??= textOf(labels);
        this.#addPoint(
          { labels, key: keys[index] ?? "", at, startAt, isDelta, value: values[sample] ?? 0 },
          out,
        );
      }
    }
  }

  #addPoint(
    point: {
      labels: SeriesLabels | KnownSeries;
      key: string;
      at: number;
      startAt: number;
      isDelta: boolean;
      value: number;
    },
    out: SampleColumns,
  ): void {
    const { labels, key, at, startAt, isDelta, value } = point;
    const known = this.#streams.get(key);
    const begins = known === null || (!isDelta && startAt > known.startAt);
    const stream = known ?? { startAt, lastAt: Number.NEGATIVE_INFINITY, total: 0, seen: [] };
    if (begins && startAt > 0 && startAt < at && startAt > stream.lastAt && at - startAt <= OLDEST_ZERO_MS)
      out.add(labels, startAt, 0);
    if (isDelta) {
      if (stream.seen.includes(at)) return;
      stream.seen = [...stream.seen.slice(1 - TIMES_KEPT), at];
      stream.total += value;
      // One that comes late is in the next one's total.
      if (at > stream.lastAt) out.add(labels, at, stream.total);
    } else out.add(labels, at, value);
    stream.startAt = Math.max(stream.startAt, startAt);
    stream.lastAt = Math.max(stream.lastAt, at);
    this.#streams.set(key, stream);
  }
}

function textOf(labels: SeriesLabels | KnownSeries): string {
  if ("storeEpoch" in labels) return (labels as KnownSeries).labels.key;
  let text = "";
  for (const name of Object.keys(labels)) text += `${name}\0${(labels as SeriesLabels)[name]}\0`;
  return text;
}
