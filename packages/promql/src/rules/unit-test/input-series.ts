/** The input series of a test, made visible step by step: a query must not see what comes later. */
import type { MemorySource } from "../../test-script/memory-source.ts";
import type { SeriesLine } from "../../test-script/series-line.ts";
import type { RuleTestElement } from "./rule-test-file.ts";

export class InputSeries {
  readonly #series: readonly { readonly line: SeriesLine; next: number }[];
  readonly #startAt: number;
  readonly #stepMs: number;

  /** Of a series that is written twice only the last line counts, as in a script. */
  constructor({ series, startAt, intervalMs }: RuleTestElement) {
    const last = new Map(series.map((line) => [line.labels.key, line]));
    this.#series = [...last.values()].map((line) => ({ line, next: 0 }));
    this.#startAt = startAt;
    this.#stepMs = intervalMs;
  }

  playTo(at: number, source: MemorySource): void {
    for (const series of this.#series) {
      const { labels, values } = series.line;
      for (; series.next < values.length; series.next++) {
        const sampleAt = this.#startAt + series.next * this.#stepMs;
        if (sampleAt > at) break;
        const value = values[series.next];
        if (value === undefined || value.kind === "omitted") continue;
        if (value.kind === "histogram") source.appendUnsupported(labels, sampleAt, "native histograms");
        else source.append(labels, sampleAt, value.kind === "stale" ? "stale" : value.value);
      }
    }
  }
}
