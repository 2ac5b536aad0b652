/** What all parts of one evaluation share: the source, the settings, the counters and the annotations. */
import type { DurationExpr } from "../parse/ast.ts";
import { QueryError } from "../query-error.ts";
import type { LabelMatcher, SelectHints, SeriesSource, SourceSeries } from "../series-source.ts";
import { Annotations } from "./annotations.ts";
import { resolveDuration } from "./resolve-duration.ts";
import type { StepGrid } from "./values.ts";

export interface QuerySettings {
  readonly lookbackMs: number;
  readonly defaultSubqueryStepMs: number;
  readonly maxSamples: number;
  readonly checkpoint: (() => void) | undefined;
}

/** Samples between two looks at whether the query was cancelled. */
const CHECKPOINT_SAMPLES = 50_000;

export class QueryContext {
  readonly settings: QuerySettings;
  readonly annotations: Annotations;
  /** The grid of the whole query: what `@ start()`, `step()`, `range()` speak of. */
  readonly queryGrid: StepGrid;
  /** Milliseconds between steps as the asker gave them; 0 for an instant query. */
  readonly queryStepMs: number;
  samplesRead = 0;
  seriesRead = 0;
  readonly #source: SeriesSource;
  #samplesHeld = 0;
  #sinceCheckpoint = 0;

  constructor(
    source: SeriesSource,
    query: string,
    grid: StepGrid,
    queryStepMs: number,
    settings: QuerySettings,
  ) {
    this.#source = source;
    this.queryGrid = grid;
    this.queryStepMs = queryStepMs;
    this.settings = settings;
    this.annotations = new Annotations(query);
  }

  select(
    matchers: readonly LabelMatcher[],
    fromAt: number,
    toAt: number,
    functionName: string,
    stepMs: number,
  ): readonly SourceSeries[] {
    const hints: SelectHints = {
      function: functionName,
      stepMs,
      checkpoint: (samplesRead) => {
        this.#limit(samplesRead);
        this.settings.checkpoint?.();
      },
    };
    const series = this.#source.select(matchers, fromAt, toAt, hints);
    this.seriesRead += series.length;
    let samples = 0;
    for (const { times } of series) samples += times.length;
    this.samplesRead += samples;
    this.hold(samples);
    return series;
  }

  /** Counts samples that stay in memory; throws over the limit or when the query was cancelled. */
  hold(samples: number): void {
    this.#samplesHeld += samples;
    this.#limit(0);
    this.worked(samples);
  }

  /** Counts samples that were looked at; throws when the query was cancelled. */
  worked(samples: number): void {
    this.#sinceCheckpoint += samples;
    if (this.#sinceCheckpoint < CHECKPOINT_SAMPLES) return;
    this.#sinceCheckpoint = 0;
    this.settings.checkpoint?.();
  }

  #limit(more: number): void {
    if (this.#samplesHeld + more <= this.settings.maxSamples) return;
    throw new QueryError(
      "execution",
      "query processing would load too many samples into memory in query execution",
    );
  }

  durationMs(duration: { kind: "fixed"; ms: number } | { kind: "computed"; expr: DurationExpr }): number {
    return this.#resolve(duration, false);
  }

  /** As `durationMs`, for an offset: may be zero or negative. */
  offsetMs(
    duration: { kind: "fixed"; ms: number } | { kind: "computed"; expr: DurationExpr } | undefined,
  ): number {
    return duration === undefined ? 0 : this.#resolve(duration, true);
  }

  #resolve(
    duration: { kind: "fixed"; ms: number } | { kind: "computed"; expr: DurationExpr },
    mayBeNegative: boolean,
  ): number {
    if (duration.kind === "fixed") return duration.ms;
    const { startAt, endAt } = this.queryGrid;
    return resolveDuration(duration.expr, {
      stepMs: this.queryStepMs,
      rangeMs: endAt - startAt,
      mayBeNegative,
    });
  }
}
