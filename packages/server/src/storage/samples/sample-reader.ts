/**
 * Reads series and samples out of `samples.db`, as the PromQL engine wants them: synchronously, on a thread that may take
 * its time. Series come from the label index, samples from blocks and from the head; all of one snapshot.
 *
 * Chunks are decoded straight into the answer (about 2 ns a sample), so decoded samples are not kept: what is kept is the
 * blocks' bytes, a hundredth of that.
 */
import {
  compareLabels,
  compareText,
  type LabelMatcher,
  type Labels,
  QueryError,
  type SelectHints,
  type SeriesSource,
  type SourceSeries,
} from "@batchwatch/promql";
import type { SeriesQuestion } from "../metric-queries.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { BlockCatalog, type BlockEntry } from "./block-catalog.ts";
import type { BlockData, BlockDirectory } from "./block-codec.ts";
import { HeadSamples } from "./head-samples.ts";
import { LabelIndex } from "./label-index.ts";
import { SampleArena } from "./sample-arena.ts";
import { copyValue, firstAtOrAfter, mergeParts, type Samples } from "./series-samples.ts";

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_SAMPLES = 50_000_000;
const SERIES_A_CHECKPOINT = 64;

export interface ReaderOptions {
  readonly cacheBytes?: number;
}

export interface ReadLimits {
  readonly maxSamples?: number;
  /** Throws when the read has to end. */
  readonly checkpoint?: (samplesRead: number) => void;
}

/** A part of one series: a chunk of a block, or what the head has. */
type Piece =
  | { kind: "chunk"; data: BlockData; index: number; times: Float64Array; from: number; to: number }
  | { kind: "head"; samples: Samples };

interface Found {
  slot: number;
  pieces: Piece[];
  count: number;
}

export class SampleReader {
  readonly #connection: SqliteConnection;
  readonly #index = new LabelIndex();
  readonly #head = new HeadSamples();
  readonly #catalog: BlockCatalog;
  readonly #arena = new SampleArena();

  constructor(connection: SqliteConnection, { cacheBytes = DEFAULT_CACHE_BYTES }: ReaderOptions = {}) {
    this.#connection = connection;
    this.#catalog = new BlockCatalog(cacheBytes);
  }

  /** Runs `work` over one snapshot of what is committed. Samples that it is given are valid until the next read. */
  read<T>(limits: ReadLimits, work: (source: SeriesSource) => T): T {
    return this.#inSnapshot(() => work({ select: (...asked) => this.#select(limits, ...asked) }));
  }

  /** In the order of labels. @throws QueryError */
  select(matchers: readonly LabelMatcher[], fromAt: number, toAt: number, limit: number): SourceSeries[] {
    return this.read({}, (source) =>
      source
        .select(matchers, fromAt, toAt)
        .toSorted((a, b) => compareLabels(a.labels, b.labels))
        .slice(0, limit),
    );
  }

  series(question: SeriesQuestion): Labels[] {
    const labels = this.#inSnapshot(() =>
      Array.from(this.#slots(question), (slot) => this.#index.labelsOf(slot)),
    );
    return cut(labels.sort(compareLabels), question.limit);
  }

  labelNames(question: SeriesQuestion): string[] {
    const names = this.#inSnapshot(() => this.#index.namesOf(this.#slots(question)));
    return cut(names.sort(compareText), question.limit);
  }

  labelValues(name: string, question: SeriesQuestion): string[] {
    const values = this.#inSnapshot(() => this.#index.valuesOf(name, this.#slots(question)));
    return cut(values.sort(compareText), question.limit);
  }

  /** Ids of series that any of the sets matches. */
  seriesIds(matcherSets: readonly (readonly LabelMatcher[])[]): Uint32Array {
    return this.#inSnapshot(() =>
      Uint32Array.from(this.#matching(matcherSets), (slot) => this.#index.idOf(slot)),
    );
  }

  #inSnapshot<T>(work: () => T): T {
    // In memory the one connection may be asked between two transactions only, which this is.
    this.#connection.exec("begin");
    this.#arena.reset();
    try {
      this.#index.sync(this.#connection);
      this.#catalog.sync(this.#connection);
      this.#head.sync(this.#connection);
      return work();
    } finally {
      if (this.#connection.isInTransaction) this.#connection.exec("commit");
    }
  }

  // ── samples ───────────────────────────────────────────────────────────────────────────────────────

  #select(
    { maxSamples = DEFAULT_MAX_SAMPLES, checkpoint }: ReadLimits,
    matchers: readonly LabelMatcher[],
    fromAt: number,
    toAt: number,
    hints: SelectHints = {},
  ): SourceSeries[] {
    const slots = this.#index.match(matchers);
    const founds = this.#find(slots, fromAt, toAt);
    let count = 0;
    for (const found of founds) count += found.count;
    if (count > maxSamples)
      throw new QueryError(
        "execution",
        `query processing would load too many samples into memory in query execution: ${count} of at most ${maxSamples}`,
      );
    checkpoint?.(count);
    const assembly = new Assembly(this.#arena, count);
    const series: SourceSeries[] = [];
    for (const [index, { slot, pieces }] of founds.entries()) {
      if (index % SERIES_A_CHECKPOINT === 0) {
        checkpoint?.(0);
        hints.checkpoint?.(0);
      }
      const samples = assembly.assemble(this.#withoutErased(this.#index.idOf(slot), pieces));
      if (samples.times.length > 0)
        series.push({ labels: this.#index.labelsOf(slot), times: samples.times, values: samples.values });
    }
    hints.checkpoint?.(count);
    return series;
  }

  /** Where the samples of these series are, series without any left out. */
  #find(slots: readonly number[], fromAt: number, toAt: number): Found[] {
    const founds: Found[] = slots.map((slot) => ({ slot, pieces: [], count: 0 }));
    const [first, last] = [slots[0], slots.at(-1)];
    if (first === undefined || last === undefined) return [];
    const [firstMetric, lastMetric] = [this.#index.metricOf(first), this.#index.metricOf(last)];
    for (const entry of this.#catalog.overlapping(fromAt, toAt))
      if (entry.firstMetric <= lastMetric && entry.lastMetric >= firstMetric)
        this.#findInBlock(entry, founds, fromAt, toAt);
    for (const found of founds) {
      const { times, values } = this.#head.of(this.#index.idOf(found.slot));
      const from = firstAtOrAfter(times, fromAt);
      const to = firstAtOrAfter(times, toAt + 1);
      if (from === to) continue;
      const samples = { times: times.subarray(from, to), values: values.subarray(from, to) };
      found.pieces.push({ kind: "head", samples });
      found.count += to - from;
    }
    return founds.filter(({ count }) => count > 0);
  }

  #findInBlock(entry: BlockEntry, founds: readonly Found[], fromAt: number, toAt: number): void {
    const directory = this.#catalog.directory(this.#connection, entry.id);
    let data: BlockData | null = null;
    let place = 0;
    for (const found of founds) {
      place = this.#seek(directory, found.slot, place);
      if (place >= directory.series) return;
      if (directory.ids[place] !== this.#index.idOf(found.slot)) continue;
      data ??= this.#catalog.data(this.#connection, entry.id);
      const times = data.times(place);
      const from = firstAtOrAfter(times, fromAt);
      const to = firstAtOrAfter(times, toAt + 1);
      if (from === to) continue;
      found.pieces.push({ kind: "chunk", data, index: place, times, from, to });
      found.count += to - from;
    }
  }

  /** The place of a series in a block, or of the one that follows it. Near ones by steps, far ones by halving. */
  #seek(directory: BlockDirectory, slot: number, from: number): number {
    const [metric, id] = [this.#index.metricOf(slot), this.#index.idOf(slot)];
    for (let place = from; place < from + 4 && place < directory.series; place++) {
      const order = (directory.metrics[place] ?? 0) - metric || (directory.ids[place] ?? 0) - id;
      if (order >= 0) return place;
    }
    const found = directory.find(metric, id, from);
    return found < 0 ? -1 - found : found;
  }

  #withoutErased(id: number, pieces: readonly Piece[]): readonly Piece[] {
    const erasures = this.#head.hasErasures ? this.#head.erasuresOf(id) : [];
    if (erasures.length === 0) return pieces;
    return pieces.map((piece) => {
      if (piece.kind === "head") return piece;
      const { times, values } = decodePiece(piece);
      const kept = Array.from(times.keys()).filter((index) => {
        const at = times[index] ?? 0;
        return !erasures.some(({ fromAt, toAt }) => at >= fromAt && at <= toAt);
      });
      const keptValues = new Float64Array(kept.length);
      for (const [place, index] of kept.entries()) copyValue(values, index, keptValues, place);
      const keptTimes = Float64Array.from(kept, (index) => times[index] ?? 0);
      return { kind: "head", samples: { times: keptTimes, values: keptValues } };
    });
  }

  // ── series ────────────────────────────────────────────────────────────────────────────────────────

  /** Of the question's matchers and time. */
  #slots({ matcherSets, fromAt, toAt }: SeriesQuestion): Iterable<number> {
    const matching = this.#matching(matcherSets);
    const present = this.#present(fromAt, toAt);
    return present === null ? matching : [...matching].filter((slot) => present.has(slot));
  }

  #matching(matcherSets: readonly (readonly LabelMatcher[])[]): Iterable<number> {
    const [only] = matcherSets;
    if (only === undefined) return Array(this.#index.size).keys();
    if (matcherSets.length === 1) return this.#index.match(only);
    return new Set(matcherSets.flatMap((matchers) => this.#index.match(matchers)));
  }

  /** Series that may have a sample in that time; null = all. As exact as blocks are. */
  #present(fromAt: number, toAt: number): ReadonlySet<number> | null {
    if (fromAt <= EARLIEST_AT && toAt >= LATEST_AT) return null;
    const present = new Set<number>();
    const add = (id: number): void => {
      const slot = this.#index.slotOfId(id);
      if (slot !== undefined) present.add(slot);
    };
    for (const { id } of this.#catalog.overlapping(fromAt, toAt)) {
      const data = this.#catalog.data(this.#connection, id);
      data.directory.ids.forEach((seriesId, index) => {
        const times = data.times(index);
        if ((times[0] ?? 0) <= toAt && (times.at(-1) ?? 0) >= fromAt) add(seriesId);
      });
    }
    for (const id of this.#head.ids()) {
      const { times } = this.#head.of(id);
      if (firstAtOrAfter(times, fromAt) < firstAtOrAfter(times, toAt + 1)) add(id);
    }
    return present;
  }
}

/** Beyond these lies no sample that anybody means. */
const EARLIEST_AT = 0;
const LATEST_AT = 8.64e15;

/** Puts series together in the arena. */
class Assembly {
  readonly #arena: SampleArena;
  readonly #values: Float64Array;
  #used = 0;
  /** The times that came last: series that were sampled together share one array. */
  #lastTimes: Float64Array = new Float64Array(0);

  constructor(arena: SampleArena, samples: number) {
    this.#arena = arena;
    this.#values = arena.take(samples);
  }

  assemble(pieces: readonly Piece[]): Samples {
    if (!ascend(pieces)) return mergeParts(pieces.map(decodePiece));
    const start = this.#used;
    for (const piece of pieces) this.#used += this.#take(piece, this.#used);
    return {
      times: this.#timesOf(pieces, this.#used - start),
      values: this.#values.subarray(start, this.#used),
    };
  }

  #take(piece: Piece, offset: number): number {
    if (piece.kind === "head") {
      this.#values.set(piece.samples.values, offset);
      return piece.samples.values.length;
    }
    const { data, index, times, from, to } = piece;
    if (from === 0 && to === times.length) data.readValues(index, this.#values, offset);
    else this.#values.set(decodeChunk(data, index, times.length).subarray(from, to), offset);
    return to - from;
  }

  #timesOf(pieces: readonly Piece[], count: number): Float64Array {
    if (this.#isLastTimes(pieces, count)) return this.#lastTimes;
    const times = this.#arena.take(count);
    let offset = 0;
    for (const piece of pieces) {
      const part = timesOfPiece(piece);
      times.set(part, offset);
      offset += part.length;
    }
    this.#lastTimes = times;
    return times;
  }

  #isLastTimes(pieces: readonly Piece[], count: number): boolean {
    const last = this.#lastTimes;
    if (last.length !== count) return false;
    let offset = 0;
    for (const piece of pieces) {
      const part = timesOfPiece(piece);
      for (let index = 0; index < part.length; index++)
        if (part[index] !== last[offset + index]) return false;
      offset += part.length;
    }
    return true;
  }
}

let scratch = new Float64Array(8192);

/** Valid until the next call. */
function decodeChunk(data: BlockData, index: number, count: number): Float64Array {
  if (scratch.length < count) scratch = new Float64Array(count * 2);
  data.readValues(index, scratch, 0);
  return scratch.subarray(0, count);
}

function decodePiece(piece: Piece): Samples {
  if (piece.kind === "head") return piece.samples;
  const { data, index, times, from, to } = piece;
  return {
    times: times.subarray(from, to),
    values: decodeChunk(data, index, times.length).slice(from, to),
  };
}

function timesOfPiece(piece: Piece): Float64Array {
  return piece.kind === "head" ? piece.samples.times : piece.times.subarray(piece.from, piece.to);
}

/** Each piece begins after the one before ends, so putting them one after the other is all. */
function ascend(pieces: readonly Piece[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const piece of pieces) {
    const times = timesOfPiece(piece);
    if ((times[0] ?? 0) <= last) return false;
    last = times[times.length - 1] ?? last;
  }
  return true;
}

function cut<T>(list: T[], limit: number): T[] {
  return limit > 0 && list.length > limit ? list.slice(0, limit) : list;
}
