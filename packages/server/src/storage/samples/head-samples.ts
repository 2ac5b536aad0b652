/**
 * The head: commits that are not in blocks yet, held decoded by those who read, and kept up segment by segment. When the
 * compactor has moved segments into blocks the head begins anew with what is left, which is little.
 */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { readCounter, SEGMENT_KIND } from "./sample-schema.ts";
import { decodeErasure, decodeSegment } from "./segment-codec.ts";
import { GrowingSamples, NO_SAMPLES, type Samples } from "./series-samples.ts";

const SEGMENTS_A_READ = 64;

export interface SegmentRow {
  id: number;
  from_at: number;
  to_at: number;
  kind: number;
  data: Uint8Array;
}

interface Erasure {
  fromAt: number;
  toAt: number;
  ids: ReadonlySet<number>;
}

export class HeadSamples {
  #compactedTo = -1;
  #lastSegment = 0;
  #samples = new Map<number, GrowingSamples>();
  #erasures: Erasure[] = [];

  /** Takes in what is new. Inside a read transaction. */
  sync(connection: SqliteConnection): void {
    const compactedTo = readCounter(connection, "compacted_to");
    if (compactedTo !== this.#compactedTo) {
      this.#compactedTo = compactedTo;
      this.#lastSegment = compactedTo;
      this.#samples = new Map();
      this.#erasures = [];
    }
    for (;;) {
      const rows = connection.execute(
        "select id, from_at, to_at, kind, data from segments where id > ? order by id limit ?",
        [this.#lastSegment, SEGMENTS_A_READ],
      ).rows as unknown as SegmentRow[];
      for (const row of rows) this.#take(row);
      if (rows.length < SEGMENTS_A_READ) return;
    }
  }

  /** Ids of series with a sample here. */
  ids(): Iterable<number> {
    return this.#samples.keys();
  }

  /** Valid until the next `sync`. */
  of(id: number): Samples {
    return this.#samples.get(id)?.inOrder() ?? NO_SAMPLES;
  }

  /** What was taken out of the blocks' samples of a series. */
  erasuresOf(id: number): readonly Erasure[] {
    return this.#erasures.length === 0 ? this.#erasures : this.#erasures.filter(({ ids }) => ids.has(id));
  }

  get hasErasures(): boolean {
    return this.#erasures.length > 0;
  }

  #take({ id, from_at: fromAt, to_at: toAt, kind, data }: SegmentRow): void {
    this.#lastSegment = id;
    if (kind === SEGMENT_KIND.erasure) {
      const ids = new Set(decodeErasure(data));
      this.#erasures.push({ fromAt, toAt, ids });
      for (const erased of ids) this.#samples.get(erased)?.erase(fromAt, toAt);
      return;
    }
    const { seriesIds, times, values } = decodeSegment(kind, data);
    for (let index = 0; index < seriesIds.length; index++) {
      const seriesId = seriesIds[index] ?? 0;
      let samples = this.#samples.get(seriesId);
      if (samples === undefined) {
        samples = new GrowingSamples();
        this.#samples.set(seriesId, samples);
      }
      samples.push(times[index] ?? 0, values, index);
    }
  }
}
