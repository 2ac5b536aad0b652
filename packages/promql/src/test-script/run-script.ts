/**
 * Runs a test script of PromQL: receives its text, hands on one outcome a case. As strict as Prometheus's own runner: each
 * instant case is repeated with its time written into the query, at other times, and as the middle step of a range query.
 */
import { type EngineOptions, queryInstant, queryRange } from "../engine.ts";
import type { QueryAnswer, QueryValue } from "../query-result.ts";
import { type AtVariant, atVariants } from "./at-variants.ts";
import { annotationDifference, matchesText } from "./check-annotations.ts";
import { differenceOf, orderMistake } from "./compare-result.ts";
import { loadSeries } from "./load-series.ts";
import { MemorySource, type UnsupportedSample } from "./memory-source.ts";
import { parseScript } from "./parse-script.ts";
import type { EvalCommand } from "./script-commands.ts";
import { expectationText, resultText } from "./show-result.ts";

export interface ScriptOptions {
  /** Also the additional runs of each instant case. Default true. */
  readonly strict?: boolean;
}

export interface CaseOutcome {
  /** Of the command, from 1. */
  readonly line: number;
  /** The query; of a command that cannot be read its text. */
  readonly query: string;
  readonly verdict: CaseVerdict;
}

export type CaseVerdict =
  | { readonly kind: "passed" }
  | {
      readonly kind: "failed";
      readonly expected: string;
      readonly got: string;
      /** Which of the runs it was, where it was not the one that is written. */
      readonly run: string | null;
    }
  | { readonly kind: "skipped"; readonly reason: string };

const ENGINE_OPTIONS: EngineOptions = {
  lookbackMs: 5 * 60_000,
  defaultSubqueryStepMs: 60_000,
  experimental: true,
};
const MINUTE_MS = 60_000;
const PASSED: CaseVerdict = { kind: "passed" };

/** Never throws: a command that cannot be read is a failed case. */
export function runScript(text: string, { strict = true }: ScriptOptions = {}): CaseOutcome[] {
  const outcomes: CaseOutcome[] = [];
  let source = new MemorySource();
  for (const command of parseScript(text)) {
    switch (command.kind) {
      case "clear":
        source = new MemorySource();
        break;
      case "load":
        loadSeries(source, command);
        break;
      case "broken":
        outcomes.push({
          line: command.line,
          query: command.text,
          verdict: { kind: "failed", expected: "a command", got: command.message, run: null },
        });
        break;
      case "eval":
        outcomes.push({
          line: command.line,
          query: command.query,
          verdict: runCase(source, command, strict),
        });
    }
  }
  return outcomes;
}

function runCase(source: MemorySource, command: EvalCommand, strict: boolean): CaseVerdict {
  if (expectsHistogram(command)) return skipped(["native histograms"]);
  const { time } = command;
  const first = time.kind === "range" ? runRange(source, command, time) : runInstant(source, command, null);
  if (first.kind !== "passed" || time.kind === "range" || !strict) return first;
  const runs: (AtVariant | null)[] = [null, ...atVariants(command.query, time.at)];
  for (const variant of runs) {
    if (variant !== null) {
      const verdict = runInstant(source, command, variant);
      if (verdict.kind !== "passed") return verdict;
    }
    if (!isAlsoRange(command)) continue;
    const verdict = runMiddleStep(source, command, variant);
    if (verdict.kind !== "passed") return verdict;
  }
  return PASSED;
}

function expectsHistogram({ result }: EvalCommand): boolean {
  return (
    result.kind === "series" &&
    result.series.some(({ values }) => values.some((value) => value.kind === "histogram"))
  );
}

function isAlsoRange({ fail, isOrdered, result, rangeVector, query }: EvalCommand): boolean {
  return (
    fail === null &&
    !isOrdered &&
    result.kind !== "string" &&
    rangeVector === null &&
    !/(start|end|step|range)\(\)/.test(query)
  );
}

function runRange(
  source: MemorySource,
  command: EvalCommand,
  range: Extract<EvalCommand["time"], { kind: "range" }>,
): CaseVerdict {
  return judged(
    source,
    command,
    null,
    () => queryRange(source, command.query, range, ENGINE_OPTIONS),
    ({ value }) => differenceOf(command, value),
  );
}

function runInstant(source: MemorySource, command: EvalCommand, variant: AtVariant | null): CaseVerdict {
  const { query, at } = whatAndWhen(command, variant);
  return judged(
    source,
    command,
    variant === null ? null : `${query} at ${at / 1000} s`,
    () => {
      const answer = queryInstant(source, query, at, ENGINE_OPTIONS);
      return variant === null ? answer : ledBack(answer, variant);
    },
    ({ value }) => differenceOf(command, value),
  );
}

/** The middle of three steps must be what the instant query gives. Annotations are those of a range query: not compared. */
function runMiddleStep(source: MemorySource, command: EvalCommand, variant: AtVariant | null): CaseVerdict {
  const { query, at } = whatAndWhen(command, variant);
  const range = { startAt: at - MINUTE_MS, endAt: at + MINUTE_MS, stepMs: MINUTE_MS };
  const quiet: EvalCommand = { ...command, warn: [], info: [], noWarn: false, noInfo: false };
  return judged(
    source,
    quiet,
    `${query} as a range query around ${at / 1000} s`,
    () => queryRange(source, query, range, ENGINE_OPTIONS),
    ({ value }) => {
      if (value.kind !== "matrix") return `expected a matrix, got a ${value.kind}`;
      return orderMistake(value.series) ?? differenceOf(command, middleOf(value, at, command));
    },
  );
}

function whatAndWhen(command: EvalCommand, variant: AtVariant | null): { query: string; at: number } {
  const { time } = command;
  if (variant !== null) return variant;
  return { query: command.query, at: time.kind === "instant" ? time.at : time.startAt };
}

function middleOf(value: QueryValue, at: number, { result }: EvalCommand): QueryValue {
  if (value.kind !== "matrix") return value;
  const samples = value.series.flatMap(({ labels, times, values }) => {
    const index = times.indexOf(at);
    return index < 0 ? [] : [{ labels, at, value: values[index] ?? Number.NaN }];
  });
  const [first] = samples;
  return result.kind === "scalar" && first !== undefined
    ? { kind: "scalar", at, value: first.value }
    : { kind: "vector", samples };
}

function ledBack(answer: QueryAnswer, variant: AtVariant): QueryAnswer {
  return {
    ...answer,
    warnings: answer.warnings.map(variant.toOriginal),
    infos: answer.infos.map(variant.toOriginal),
  };
}

function judged(
  source: MemorySource,
  command: EvalCommand,
  run: string | null,
  ask: () => QueryAnswer,
  difference: (answer: QueryAnswer) => string | null,
): CaseVerdict {
  source.takeTouched();
  const failed = (got: string): CaseVerdict => ({
    kind: "failed",
    expected: expectationText(command),
    got,
    run,
  });
  try {
    const answer = ask();
    const touched = source.takeTouched();
    if (touched.length > 0) return skipped(touched);
    if (command.fail !== null) return failed(resultText(answer.value));
    const annotations = annotationDifference(command, answer);
    if (annotations !== null) return failed(annotations);
    const values = difference(answer);
    return values === null ? PASSED : failed(`${values} (${resultText(answer.value)})`);
  } catch (error) {
    const touched = source.takeTouched();
    if (touched.length > 0) return skipped(touched);
    return verdictOnFailure(command, error, failed);
  }
}

function verdictOnFailure(
  command: EvalCommand,
  error: unknown,
  failed: (got: string) => CaseVerdict,
): CaseVerdict {
  if (!(error instanceof Error)) return failed(String(error));
  if (error.name !== "QueryError") return failed(`the engine broke: ${error.stack ?? error.message}`);
  const message = error.message.replace(/^invalid parameter "query": /, "");
  if (command.fail?.every((expected) => matchesText(expected, message))) return PASSED;
  if (/\b(unsupported|not supported by Batchwatch)\b/i.test(message))
    return { kind: "skipped", reason: message };
  return failed(`the error: ${message}`);
}

function skipped(touched: readonly UnsupportedSample[]): CaseVerdict {
  const what = [...new Set(touched)].join(" and ");
  return { kind: "skipped", reason: `it reads ${what}; the engine has floats and classic histograms` };
}
