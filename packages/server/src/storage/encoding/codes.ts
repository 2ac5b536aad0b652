/**
 * Small numbers for words that stand in millions of rows. What is stored are the numbers: they are never given to
 * another word.
 */
import type { RunPhase, RunType, WitnessKind } from "@batchwatch/protocol";
import type { RunEvent } from "../../model/run-event.ts";
import type { LogSeverity, SpanRecord } from "../../model/telemetry.ts";
import { StorageError } from "../storage-error.ts";

export interface Codes<Word extends string> {
  code(word: Word): number;
  word(code: number): Word;
}

function codesOf<Word extends string>(what: string, codes: Record<Word, number>): Codes<Word> {
  const words = new Map<number, Word>();
  for (const [word, code] of Object.entries(codes) as [Word, number][]) words.set(code, word);
  return {
    code: (word) => {
      const code = codes[word];
      if (code === undefined) throw new StorageError("INVALID_VALUE", `"${word}" is no ${what}`);
      return code;
    },
    word: (code) => {
      const word = words.get(code);
      if (word === undefined) throw new StorageError("CORRUPT", `${code} stands for no ${what}`);
      return word;
    },
  };
}

export const phaseCodes = codesOf<RunPhase>("phase", {
  scheduled: 0,
  queued: 1,
  running: 2,
  suspect: 3,
  retrying: 4,
  completed: 5,
  failed: 6,
  dead_letter: 7,
  cancelled: 8,
  skipped: 9,
  lost: 10,
  unknown: 11,
});

export const runTypeCodes = codesOf<RunType>("run type", {
  scheduled: 0,
  manual: 1,
  backfill: 2,
  catchup: 3,
});

export const eventKindCodes = codesOf<RunEvent["kind"]>("event kind", {
  scheduled: 0,
  queued: 1,
  started: 2,
  heartbeat: 3,
  progress: 4,
  step_started: 5,
  step_ended: 6,
  records: 7,
  completed: 8,
  failed: 9,
  retrying: 10,
  dead_lettered: 11,
  cancelled: 12,
  skipped: 13,
  log: 14,
  suspected: 15,
  lost: 16,
  finalised: 17,
});

export const witnessCodes = codesOf<WitnessKind>("witness", {
  sdk: 0,
  cli: 1,
  api: 2,
  ping: 3,
  "otlp-span": 4,
  "otlp-log": 5,
  "otlp-metric": 6,
  openlineage: 7,
  airflow: 8,
  spark: 9,
  statsd: 10,
  pushgateway: 11,
  batchwatch: 12,
});

export const spanStatusCodes = codesOf<SpanRecord["status"]>("span status", { unset: 0, ok: 1, error: 2 });

/** Worse is larger: the store compares them. */
export const logSeverityCodes = codesOf<LogSeverity>("log severity", {
  trace: 0,
  debug: 1,
  info: 2,
  warn: 3,
  error: 4,
  fatal: 5,
});
