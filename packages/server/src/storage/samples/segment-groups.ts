/**
 * Segments, sorted into series and partitions of time: what becomes runs of level 1. Sorting is by counting (two passes
 * over plain columns), because there are millions of samples and thousands of series.
 */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { partitionOf } from "./compaction-plan.ts";
import type { SegmentRow } from "./head-samples.ts";
import type { SeriesStream } from "./merge-streams.ts";
import { SEGMENT_KIND } from "./sample-schema.ts";
import { decodeErasure, decodeSegment, type SegmentColumns } from "./segment-codec.ts";
import { copyValue, firstAtOrAfter, NO_SAMPLES, orderSamples, type Samples } from "./series-samples.ts";

export interface Erasure {
  fromAt: number;
  toAt: number;
  ids: ReadonlySet<number>;
}

export interface SegmentGroups {
  /** The last segment that is in it. */
  upTo: number;
  erasures: readonly Erasure[];
  /** Partition → its series, in order. */
  partitions: ReadonlyMap<number, GroupStream>;
}

interface Group {
  metric: number;
  id: number;
  samples: Samples;
}

/** @param maxSamples as many segments as hold so many samples, at least one */
export function readSegmentGroups(
  connection: SqliteConnection,
  after: number,
  upTo: number,
  maxSamples: number,
  metricOf: (id: number) => number,
): SegmentGroups {
  const read = readSegments(connection, after, upTo, maxSamples);
  const partitions = new Map<number, Group[]>();
  for (const { id, samples } of bySeries(read.segments)) {
    const metric = metricOf(id);
    for (let from = 0; from < samples.times.length; ) {
      const partitionAt = partitionOf(samples.times[from] ?? 0);
      const to = endOfPartition(samples.times, from, partitionAt);
      const groups = partitions.get(partitionAt) ?? [];
      if (groups.length === 0) partitions.set(partitionAt, groups);
      const part = { times: samples.times.subarray(from, to), values: samples.values.subarray(from, to) };
      groups.push({ metric, id, samples: part });
      from = to;
    }
  }
  return {
    upTo: read.upTo,
    erasures: read.erasures,
    partitions: new Map([...partitions].map(([at, groups]) => [at, new GroupStream(groups)])),
  };
}

export class GroupStream implements SeriesStream {
  readonly #groups: readonly Group[];
  #place = 0;

  constructor(groups: readonly Group[]) {
    this.#groups = groups.toSorted((a, b) => a.metric - b.metric || a.id - b.id);
  }

  get isAtEnd(): boolean {
    return this.#place >= this.#groups.length;
  }

  get metric(): number {
    return this.#groups[this.#place]?.metric ?? 0;
  }

  get id(): number {
    return this.#groups[this.#place]?.id ?? 0;
  }

  take(): Samples {
    return this.#groups[this.#place++]?.samples ?? NO_SAMPLES;
  }
}

interface ReadSegments {
  upTo: number;
  segments: SegmentColumns[];
  erasures: Erasure[];
}

/** What an erasure takes out of the segments before it is taken out here. */
function readSegments(
  connection: SqliteConnection,
  after: number,
  upTo: number,
  maxSamples: number,
): ReadSegments {
  const read: ReadSegments = { upTo: after, segments: [], erasures: [] };
  let samples = 0;
  while (samples < maxSamples) {
    const [row] = connection.execute(
      "select id, from_at, to_at, kind, data from segments where id > ? and id <= ? order by id limit 1",
      [read.upTo, upTo],
    ).rows as unknown as SegmentRow[];
    if (row === undefined) break;
    read.upTo = row.id;
    if (row.kind === SEGMENT_KIND.erasure) {
      const erasure = { fromAt: row.from_at, toAt: row.to_at, ids: new Set(decodeErasure(row.data)) };
      read.erasures.push(erasure);
      for (const segment of read.segments) eraseFrom(segment, erasure);
      continue;
    }
    const segment = decodeSegment(row.kind, row.data);
    read.segments.push(segment);
    samples += segment.times.length;
  }
  return read;
}

/** 0 is the id of no series. */
function eraseFrom({ seriesIds, times }: SegmentColumns, { fromAt, toAt, ids }: Erasure): void {
  for (let index = 0; index < seriesIds.length; index++) {
    const at = times[index] ?? 0;
    if (at >= fromAt && at <= toAt && ids.has(seriesIds[index] ?? 0)) seriesIds[index] = 0;
  }
}

function* bySeries(
  segments: readonly SegmentColumns[],
): Generator<{ id: number; samples: Samples }, void, undefined> {
  const ends = startsOfSeries(segments);
  const count = segments.reduce((sum, { times }) => sum + times.length, 0);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  for (const segment of segments) scatter(segment, ends, times, values);
  // What was where a series starts is now where it ends.
  for (let id = 1; id < ends.length - 1; id++) {
    const [from, to] = [ends[id - 1] ?? 0, ends[id] ?? 0];
    if (from === to) continue;
    const samples = { times: times.subarray(from, to), values: values.subarray(from, to) };
    yield { id, samples: isAscending(samples.times) ? samples : orderSamples(samples.times, samples.values) };
  }
}

/** By id, where the samples of a series start when all stand in the order of ids; id 0 is of no series. */
function startsOfSeries(segments: readonly SegmentColumns[]): Uint32Array {
  let last = 0;
  for (const { seriesIds } of segments)
    for (let index = 0; index < seriesIds.length; index++) last = Math.max(last, seriesIds[index] ?? 0);
  const starts = new Uint32Array(last + 2);
  for (const { seriesIds } of segments)
    for (let index = 0; index < seriesIds.length; index++) {
      const next = (seriesIds[index] ?? 0) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
  for (let id = 1; id < starts.length; id++) starts[id] = (starts[id] ?? 0) + (starts[id - 1] ?? 0);
  return starts;
}

/** Puts each sample where the next of its series goes. */
function scatter(
  segment: SegmentColumns,
  places: Uint32Array,
  times: Float64Array,
  values: Float64Array,
): void {
  const { seriesIds } = segment;
  for (let index = 0; index < seriesIds.length; index++) {
    const id = seriesIds[index] ?? 0;
    const place = places[id] ?? 0;
    places[id] = place + 1;
    times[place] = segment.times[index] ?? 0;
    copyValue(segment.values, index, values, place);
  }
}

function isAscending(times: Float64Array): boolean {
  for (let index = 1; index < times.length; index++)
    if ((times[index] ?? 0) <= (times[index - 1] ?? 0)) return false;
  return true;
}

function endOfPartition(times: Float64Array, from: number, partitionAt: number): number {
  // Nearly always all that is left lies in it.
  const last = times[times.length - 1] ?? 0;
  if (partitionOf(last) === partitionAt) return times.length;
  let to = from;
  while (to < times.length && partitionOf(times[to] ?? 0) === partitionAt) to++;
  return to;
}

/** Takes out what the erasures name. */
export function eraser(erasures: readonly Erasure[]): ((id: number, samples: Samples) => Samples) | null {
  if (erasures.length === 0) return null;
  return (id, samples) => {
    let { times, values } = samples;
    for (const { fromAt, toAt, ids } of erasures) {
      if (!ids.has(id)) continue;
      const from = firstAtOrAfter(times, fromAt);
      const to = firstAtOrAfter(times, toAt + 1);
      if (from === to) continue;
      times = without(times, from, to);
      values = without(values, from, to);
    }
    return { times, values };
  };
}

function without(list: Float64Array, from: number, to: number): Float64Array {
  const rest = new Float64Array(list.length - (to - from));
  rest.set(list.subarray(0, from));
  rest.set(list.subarray(to), from);
  return rest;
}
