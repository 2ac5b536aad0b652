/** Cuts a batch into slices whose commits are short. The order of what is in it says nothing, so any cut is right. */
import { EMPTY_BATCH, type IntakeBatch } from "../../model/intake.ts";
import type { SampleBatch } from "../../model/samples.ts";

/** Each is stored in some 50 ms on a small machine, even where every run and series is new. */
const MOST = {
  events: 1_000,
  links: 2_000,
  spans: 2_000,
  logs: 2_000,
  metricPoints: 1_000,
  samples: 1_000,
} as const;

export function sliceBatch(batch: IntakeBatch): IntakeBatch[] {
  const lists = {
    events: cutList(batch.events, MOST.events),
    links: cutList(batch.links, MOST.links),
    spans: cutList(batch.spans, MOST.spans),
    logs: cutList(batch.logs, MOST.logs),
    metricPoints: cutList(batch.metricPoints, MOST.metricPoints),
  };
  const samples = batch.samples === null ? [] : cutSamples(batch.samples, MOST.samples);
  const count = Math.max(1, samples.length, ...Object.values(lists).map((cut) => cut.length));
  return Array.from({ length: count }, (_, index) => ({
    ...EMPTY_BATCH,
    events: lists.events[index] ?? [],
    links: lists.links[index] ?? [],
    spans: lists.spans[index] ?? [],
    logs: lists.logs[index] ?? [],
    metricPoints: lists.metricPoints[index] ?? [],
    samples: samples[index] ?? null,
    sizeBytes: Math.ceil(batch.sizeBytes / count),
  }));
}

function cutList<T>(items: readonly T[], most: number): (readonly T[])[] {
  if (items.length <= most) return items.length === 0 ? [] : [items];
  return Array.from({ length: Math.ceil(items.length / most) }, (_, index) =>
    items.slice(index * most, (index + 1) * most),
  );
}

/** Each slice with the series that it needs. */
function cutSamples(batch: SampleBatch, most: number): SampleBatch[] {
  const { times, values, streams, exponential = [], ...rest } = batch;
  const { length } = times;
  if (length <= most && exponential.length <= most) return [batch];
  const slices: SampleBatch[] = [];
  for (let from = 0; from < length; from += most) {
    const to = Math.min(from + most, length);
    const series: SampleBatch["series"][number][] = [];
    const indexes = new Map<number, number>();
    const seriesIndex = batch.seriesIndex.slice(from, to).map((given) => {
      let index = indexes.get(given);
      if (index === undefined) {
        index = series.length;
        indexes.set(given, index);
        series.push(batch.series[given] ?? {});
      }
      return index;
    });
    slices.push({
      ...rest,
      series,
      seriesIndex,
      times: times.slice(from, to),
      values: values.slice(from, to),
      ...(streams === undefined
        ? {}
        : {
            streams: {
              startTimes: streams.startTimes.slice(from, to),
              deltas: Uint8Array.from(indexes.keys(), (given) => streams.deltas[given] ?? 0),
            },
          }),
    });
  }
  for (let from = 0; from < exponential.length; from += most)
    slices.push(histogramsAlone(rest, exponential.slice(from, from + most)));
  return slices;
}

function histogramsAlone(
  rest: Pick<SampleBatch, "namespace" | "families">,
  exponential: NonNullable<SampleBatch["exponential"]>,
): SampleBatch {
  return {
    ...rest,
    series: [],
    seriesIndex: new Uint32Array(),
    times: new Float64Array(),
    values: new Float64Array(),
    exponential,
  };
}
