/**
 * The accumulators in memory, as the ledger has them. Changed only after the commit that holds the change: what is
 * forgotten is read again.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { MeterSeries } from "../../model/meter.ts";
import type { MeterStore } from "../../storage/meter-store.ts";
import { seriesKey } from "./meter-value.ts";
import { errorLabel } from "./run-changes.ts";

/** Of one job: an error type made of messages must not make series without end. */
const MOST_ERROR_TYPES = 50;
const OTHER_ERROR = "other";

export class SeriesBook {
  readonly #series = new Map<string, MeterSeries>();
  readonly #errorTypes = new Map<number, Set<string>>();

  static async load(store: Pick<MeterStore, "meterSeries">): Promise<SeriesBook> {
    const book = new SeriesBook();
    book.put(await store.meterSeries());
    return book;
  }

  get(key: string): MeterSeries | null {
    return this.#series.get(key) ?? null;
  }

  entries(): IterableIterator<[string, MeterSeries]> {
    return this.#series.entries();
  }

  get size(): number {
    return this.#series.size;
  }

  put(series: readonly MeterSeries[]): void {
    for (const each of series) {
      this.#series.set(seriesKey(each.family, each.labels), each);
      const errorType = each.family === METRIC_NAMES.completions ? each.labels.error_type : undefined;
      if (errorType !== undefined) this.#errorTypesOf(each.jobId).add(errorType);
    }
  }

  /** The label that an error type becomes. */
  errorTypeLabel(jobId: number, errorType: string | null): string | null {
    const label = errorLabel(errorType);
    if (label === null) return null;
    const known = this.#errorTypesOf(jobId);
    if (known.has(label)) return label;
    if (known.size >= MOST_ERROR_TYPES) return OTHER_ERROR;
    known.add(label);
    return label;
  }

  #errorTypesOf(jobId: number): Set<string> {
    const known = this.#errorTypes.get(jobId) ?? new Set<string>();
    this.#errorTypes.set(jobId, known);
    return known;
  }
}
