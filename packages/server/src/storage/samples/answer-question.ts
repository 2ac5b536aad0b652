/** What the metric store can be asked, and the answers, in forms that pass between threads. Runs beside a `SampleReader`. */
import { type LabelMatcher, QueryError, type QueryErrorKind } from "@batchwatch/promql";
import { type EngineOptions, queryInstant, queryRange } from "@batchwatch/promql/engine";
import type { SeriesQuestion } from "../metric-queries.ts";
import { STORAGE_ERROR_CODES, StorageError, type StorageErrorCode } from "../storage-error.ts";
import {
  buffersOf,
  type PackedAnswer,
  type PackedLabels,
  type PackedSeries,
  packAnswer,
  packLabels,
  packSeries,
} from "./pack-series.ts";
import type { SampleReader } from "./sample-reader.ts";

export type SeriesAsked = Omit<SeriesQuestion, "signal">;

export type QueryOptions = Omit<EngineOptions, "checkpoint">;

export type Question =
  | { what: "instant"; query: string; at: number; options: QueryOptions }
  | {
      what: "range";
      query: string;
      range: { startAt: number; endAt: number; stepMs: number };
      options: QueryOptions;
    }
  | { what: "select"; matchers: readonly LabelMatcher[]; fromAt: number; toAt: number; limit: number }
  | { what: "series"; asked: SeriesAsked }
  | { what: "labelNames"; asked: SeriesAsked }
  | { what: "labelValues"; name: string; asked: SeriesAsked }
  | { what: "seriesIds"; matcherSets: readonly (readonly LabelMatcher[])[] };

export type Answer =
  | { what: "query"; answer: PackedAnswer }
  | { what: "samples"; series: PackedSeries }
  | { what: "series"; labels: PackedLabels }
  | { what: "texts"; texts: string[] }
  | { what: "ids"; ids: Uint32Array };

/** An error's class does not survive the way between threads. */
export type Refusal =
  | { of: "query"; kind: QueryErrorKind; message: string }
  | { of: "storage"; code: StorageErrorCode; detail: string }
  | { of: "other"; message: string; stack: string };

/** @param checkpoint throws when the question has become void */
export function answerQuestion(reader: SampleReader, question: Question, checkpoint: () => void): Answer {
  switch (question.what) {
    case "instant": {
      const { query, at, options } = question;
      const answer = reader.read({ maxSamples: options.maxSamples, checkpoint }, (source) =>
        queryInstant(source, query, at, { ...options, checkpoint }),
      );
      return { what: "query", answer: packAnswer(answer) };
    }
    case "range": {
      const { query, range, options } = question;
      const answer = reader.read({ maxSamples: options.maxSamples, checkpoint }, (source) =>
        queryRange(source, query, range, { ...options, checkpoint }),
      );
      return { what: "query", answer: packAnswer(answer) };
    }
    case "select": {
      const { matchers, fromAt, toAt, limit } = question;
      return { what: "samples", series: packSeries(reader.select(matchers, fromAt, toAt, limit)) };
    }
    case "series":
      return { what: "series", labels: packLabels(reader.series(question.asked)) };
    case "labelNames":
      return { what: "texts", texts: reader.labelNames(question.asked) };
    case "labelValues":
      return { what: "texts", texts: reader.labelValues(question.name, question.asked) };
    case "seriesIds":
      return { what: "ids", ids: reader.seriesIds(question.matcherSets) };
  }
}

export function handedOver(answer: Answer): ArrayBuffer[] {
  if (answer.what === "samples") return buffersOf(answer.series);
  if (answer.what !== "query") return [];
  const { value } = answer.answer;
  return value.kind === "vector" || value.kind === "matrix" ? buffersOf(value.series) : [];
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof QueryError) return { of: "query", kind: error.kind, message: error.message };
  if (error instanceof StorageError) return { of: "storage", code: error.code, detail: detailOf(error) };
  const message = error instanceof Error ? error.message : String(error);
  return { of: "other", message, stack: error instanceof Error ? (error.stack ?? "") : "" };
}

/** The message without the words that its code has put in front. */
function detailOf({ code, message }: StorageError): string {
  return message.slice(STORAGE_ERROR_CODES[code].words.length + ": ".length);
}

export function errorOf(refusal: Refusal): Error {
  switch (refusal.of) {
    case "query":
      return new QueryError(refusal.kind, refusal.message);
    case "storage":
      return new StorageError(refusal.code, refusal.detail);
    case "other": {
      const error = new Error(refusal.message);
      error.stack = refusal.stack;
      return error;
    }
  }
}
