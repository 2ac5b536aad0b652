/**
 * The work of one compaction: reads segments and runs, gives blocks, changes nothing. Runs on a thread of its own, or, when
 * there is little to do, on the one that writes.
 */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import type { EncodedBlock } from "./block-codec.ts";
import { BlockDirectory } from "./block-codec.ts";
import { FLUSHED_LEVEL, type MergePlan, PARTITION_MS, partitionOf, type RunRow } from "./compaction-plan.ts";
import { decodePairs } from "./label-index.ts";
import { mergeStreams, RunStream, type SeriesStream } from "./merge-streams.ts";
import { RUN_STATE, SEGMENT_KIND } from "./sample-schema.ts";
import { decodeSegment } from "./segment-codec.ts";
import { type Erasure, eraser, readSegmentGroups } from "./segment-groups.ts";

export type CompactionTask =
  /** Segments become runs; where there are erasures, the runs that they touch are merged in. */
  | { what: "flush"; after: number; upTo: number; maxSamples: number; runs: readonly RunRow[] }
  | { what: "merge"; plan: MergePlan }
  /** Which series no sample names, which texts no series. */
  | { what: "unusedSeries"; upTo: number }
  | { what: "unusedSymbols"; upTo: number };

export interface RunBlock {
  partitionAt: number;
  level: number;
  seq: number;
  block: EncodedBlock;
}

export interface CompactionResult {
  /** Runs that are in the new ones. */
  mergedRuns: readonly number[];
  /** Segments up to this one are in the new runs. */
  flushedTo: number | null;
  ids: Uint32Array;
}

const NOTHING: CompactionResult = { mergedRuns: [], flushedTo: null, ids: new Uint32Array(0) };

export function* runCompaction(
  connection: SqliteConnection,
  task: CompactionTask,
  metricOf: (id: number) => number,
): Generator<RunBlock, CompactionResult, undefined> {
  switch (task.what) {
    case "flush":
      return yield* flush(connection, task, metricOf);
    case "merge":
      return yield* merge(connection, task.plan);
    case "unusedSeries":
      return { ...NOTHING, ids: unusedSeries(connection, task.upTo) };
    case "unusedSymbols":
      return { ...NOTHING, ids: unusedSymbols(connection, task.upTo) };
  }
}

function* flush(
  connection: SqliteConnection,
  { after, upTo, maxSamples, runs }: Extract<CompactionTask, { what: "flush" }>,
  metricOf: (id: number) => number,
): Generator<RunBlock, CompactionResult, undefined> {
  const groups = readSegmentGroups(connection, after, upTo, maxSamples, metricOf);
  const touched = runs.filter(({ partitionAt }) => isTouched(partitionAt, groups.erasures));
  const partitions = new Set([...groups.partitions.keys(), ...touched.map(({ partitionAt }) => partitionAt)]);
  const filter = eraser(groups.erasures);
  for (const partitionAt of partitions) {
    const merged = inOrderOfWriting(touched.filter((run) => run.partitionAt === partitionAt));
    const streams: SeriesStream[] = merged.map(({ id }) => new RunStream(connection, id, filter));
    const fresh = groups.partitions.get(partitionAt);
    if (fresh !== undefined) streams.push(fresh);
    const level = Math.max(FLUSHED_LEVEL, ...merged.map((run) => run.level));
    for (const block of mergeStreams(streams, level > FLUSHED_LEVEL))
      yield { partitionAt, level, seq: groups.upTo, block };
  }
  return { ...NOTHING, mergedRuns: touched.map(({ id }) => id), flushedTo: groups.upTo };
}

function* merge(
  connection: SqliteConnection,
  { partitionAt, level, runs }: MergePlan,
): Generator<RunBlock, CompactionResult, undefined> {
  const streams = runs.map(({ id }) => new RunStream(connection, id, null));
  const seq = Math.max(...runs.map((run) => run.seq));
  for (const block of mergeStreams(streams, true)) yield { partitionAt, level, seq, block };
  return { ...NOTHING, mergedRuns: runs.map(({ id }) => id) };
}

function isTouched(partitionAt: number, erasures: readonly Erasure[]): boolean {
  return erasures.some(
    ({ fromAt, toAt }) =>
      partitionAt >= partitionOf(fromAt) && partitionAt <= toAt && partitionAt + PARTITION_MS > fromAt,
  );
}

function inOrderOfWriting(runs: readonly RunRow[]): RunRow[] {
  return runs.toSorted((a, b) => a.seq - b.seq || a.id - b.id);
}

/** Of those up to `upTo`. */
function unusedSeries(connection: SqliteConnection, upTo: number): Uint32Array {
  const used = new Uint8Array(upTo + 1);
  const blocks = connection.execute(
    "select blocks.id from runs join blocks on blocks.run_id = runs.id where runs.state = ?",
    [RUN_STATE.live],
  ).rows as { id: number }[];
  for (const { id } of blocks) {
    const [row] = connection.execute("select directory from blocks where id = ?", [id]).rows as {
      directory: Uint8Array;
    }[];
    if (row !== undefined) for (const seriesId of new BlockDirectory(row.directory).ids) used[seriesId] = 1;
  }
  const segments = connection.execute("select id from segments where kind <> ?", [SEGMENT_KIND.erasure])
    .rows as { id: number }[];
  for (const { id } of segments) {
    const [row] = connection.execute("select kind, data from segments where id = ?", [id]).rows as {
      kind: number;
      data: Uint8Array;
    }[];
    if (row !== undefined)
      for (const seriesId of decodeSegment(row.kind, row.data).seriesIds) used[seriesId] = 1;
  }
  const series = connection.execute("select id from series where id <= ?", [upTo]).rows as { id: number }[];
  return Uint32Array.from(series.map(({ id }) => id).filter((id) => used[id] === 0));
}

function unusedSymbols(connection: SqliteConnection, upTo: number): Uint32Array {
  const used = new Uint8Array(upTo + 1);
  const series = connection.execute("select metric, namespace, labels from series", []).rows as {
    metric: number;
    namespace: number;
    labels: Uint8Array;
  }[];
  for (const { metric, namespace, labels } of series) {
    used[metric] = 1;
    used[namespace] = 1;
    for (const symbol of decodePairs(labels)) used[symbol] = 1;
  }
  const symbols = connection.execute("select id from symbols where id <= ?", [upTo]).rows as { id: number }[];
  return Uint32Array.from(symbols.map(({ id }) => id).filter((id) => used[id] === 0));
}
