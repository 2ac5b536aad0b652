/**
 * Asks the server's Prometheus HTTP API: instant and range queries, label values, metric names. Hands on numbers instead
 * of its texts, and errors that say where in the expression they are.
 */
import { ApiError, fetchWithKey } from "./client.ts";

export type Labels = Readonly<Record<string, string>>;

export interface InstantSample {
  labels: Labels;
  value: number;
}

export interface RangeSeries {
  labels: Labels;
  /** Epoch milliseconds, ascending. */
  times: readonly number[];
  values: readonly number[];
}

export type InstantResult =
  | { type: "vector"; samples: readonly InstantSample[] }
  | { type: "matrix"; series: readonly RangeSeries[] }
  | { type: "scalar"; value: number }
  | { type: "string"; text: string };

export interface Answered<T> {
  result: T;
  /** What the engine warns of. */
  warnings: readonly string[];
  /** What it remarks besides. */
  infos: readonly string[];
}

/** Where in an expression something is wrong; both from 1. */
export interface ExpressionPlace {
  line: number;
  column: number;
}

/** The engine refused or could not answer: what it said, without the place, and the place. */
export class PromqlError extends Error {
  readonly errorType: string;
  readonly place: ExpressionPlace | null;

  constructor(errorType: string, text: string) {
    const { message, place } = splitPlace(text);
    super(message);
    this.name = "PromqlError";
    this.errorType = errorType;
    this.place = place;
  }
}

export async function queryInstant(
  query: string,
  at: number,
  signal?: AbortSignal,
): Promise<Answered<InstantResult>> {
  const { data, ...notices } = await ask("query", { query, time: seconds(at) }, signal);
  return { result: readInstant(data), ...notices };
}

export async function queryRange(
  query: string,
  range: { from: number; to: number; stepMs: number },
  signal?: AbortSignal,
): Promise<Answered<readonly RangeSeries[]>> {
  const { from, to, stepMs } = range;
  const { data, ...notices } = await ask(
    "query_range",
    { query, start: seconds(from), end: seconds(to), step: seconds(stepMs) },
    signal,
  );
  return { result: readSeries(resultOf(data)), ...notices };
}

/** The values of a label among the series of a time, sorted. */
export async function labelValues(
  label: string,
  range: { from: number; to: number },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const search = new URLSearchParams({ start: seconds(range.from), end: seconds(range.to) });
  const response = await fetchWithKey(`/api/v1/label/${encodeURIComponent(label)}/values?${search}`, {
    signal: signal ?? null,
  });
  const { data } = await unwrap(response);
  return Array.isArray(data) ? data.map(String) : [];
}

interface Envelope {
  data: unknown;
  warnings: readonly string[];
  infos: readonly string[];
}

/** By POST: expressions can be longer than an address. */
async function ask(
  path: string,
  fields: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Envelope> {
  const response = await fetchWithKey(`/api/v1/${path}`, {
    method: "POST",
    body: new URLSearchParams(fields),
    signal: signal ?? null,
  });
  return unwrap(response);
}

async function unwrap(response: Response): Promise<Envelope> {
  const body: unknown = await response.json().catch(() => null);
  if (isObject(body) && body.status === "success")
    return { data: body.data, warnings: texts(body.warnings), infos: texts(body.infos) };
  if (isObject(body) && body.status === "error")
    throw new PromqlError(String(body.errorType ?? "unknown"), String(body.error ?? "no reason was given"));
  const problem = isObject(body) ? body : {};
  throw new ApiError({
    type: "about:blank",
    title: String(problem.title ?? `The query could not be asked (status ${response.status})`),
    status: response.status,
    code: String(problem.code ?? `http_${response.status}`),
    detail: String(
      problem.detail ?? `${new URL(response.url).pathname} answered with status ${response.status}.`,
    ),
  });
}

function readInstant(data: unknown): InstantResult {
  const type = isObject(data) ? data.resultType : null;
  const result = resultOf(data);
  switch (type) {
    case "matrix":
      return { type, series: readSeries(result) };
    case "scalar":
      return { type, value: pairValue(result) };
    case "string":
      return { type, text: Array.isArray(result) ? String(result[1]) : "" };
    default:
      return {
        type: "vector",
        samples: entries(result).map(({ metric, value }) => ({
          labels: readLabels(metric),
          value: pairValue(value),
        })),
      };
  }
}

function readSeries(result: unknown): readonly RangeSeries[] {
  return entries(result).map(({ metric, values }) => {
    const pairs = Array.isArray(values) ? values : [];
    return {
      labels: readLabels(metric),
      times: pairs.map((pair) => Math.round(Number(Array.isArray(pair) ? pair[0] : Number.NaN) * 1_000)),
      values: pairs.map(pairValue),
    };
  });
}

/** Samples come as text: "1", "NaN", "+Inf", "-Inf". */
export function readSampleValue(text: string): number {
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

/** `1:4: parse error: unexpected "}"` → the message, and line 1, column 4. */
export function splitPlace(text: string): { message: string; place: ExpressionPlace | null } {
  const match =
    /^(?:invalid parameter "(?:query|match\[\])": ?)?(\d+):(\d+): (?:parse error: )?([\s\S]*)$/.exec(text);
  if (match === null) return { message: text, place: null };
  return { message: match[3] ?? text, place: { line: Number(match[1]), column: Number(match[2]) } };
}

function resultOf(data: unknown): unknown {
  return isObject(data) ? data.result : null;
}

function entries(result: unknown): Record<string, unknown>[] {
  return Array.isArray(result) ? result.filter(isObject) : [];
}

function pairValue(pair: unknown): number {
  return Array.isArray(pair) ? readSampleValue(String(pair[1])) : Number.NaN;
}

function readLabels(metric: unknown): Labels {
  return isObject(metric)
    ? Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, String(value)]))
    : {};
}

function texts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

function seconds(ms: number): string {
  return String(ms / 1_000);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
