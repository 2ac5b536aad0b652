/**
 * Query answers as Prometheus's JSON text. Written by hand: a panel has some hundred thousand points, and building an
 * object for each to have JSON.stringify read it costs several times as much. In slices: what is received meanwhile must not
 * wait for a heavy panel.
 */
import { setImmediate } from "node:timers/promises";
import type { Labels, MatrixSeries, QueryAnswer, QueryValue } from "@batchwatch/promql";
import { formatTime, formatValue } from "./format-sample.ts";

/** Some milliseconds of work. */
const POINTS_A_SLICE = 20_000;

/** @param limit most series in the answer, 0 = all; what is cut is said in a warning */
export async function encodeQueryAnswer(answer: QueryAnswer, limit: number): Promise<string> {
  const { value, warnings } = limit > 0 ? cut(answer, limit) : answer;
  const result = await encodeValue(value);
  return encodeSuccess(`{"resultType":"${value.kind}","result":${result}}`, warnings, answer.infos);
}

/** @param data JSON text */
export function encodeSuccess(
  data: string,
  warnings: readonly string[] = [],
  infos: readonly string[] = [],
): string {
  const notices =
    (warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}` : "") +
    (infos.length > 0 ? `,"infos":${JSON.stringify(infos)}` : "");
  return `{"status":"success","data":${data}${notices}}`;
}

export function encodeLabels({ names, values }: Labels): string {
  let text = "{";
  for (let index = 0; index < names.length; index++)
    text += `${index === 0 ? "" : ","}${JSON.stringify(names[index])}:${JSON.stringify(values[index])}`;
  return `${text}}`;
}

async function encodeValue(value: QueryValue): Promise<string> {
  switch (value.kind) {
    case "scalar":
      return point(value.at, value.value);
    case "string":
      return `[${formatTime(value.at)},${JSON.stringify(value.value)}]`;
    case "vector":
      return listInSlices(
        value.samples,
        () => 1,
        ({ labels, at, value: number }) => `{"metric":${encodeLabels(labels)},"value":${point(at, number)}}`,
      );
    case "matrix": {
      // All series have points at the same steps.
      const stepTexts = new Map<number, string>();
      return listInSlices(
        value.series,
        ({ times }) => times.length,
        (series) => encodeSeries(series, stepTexts),
      );
    }
    default:
      return value satisfies never;
  }
}

function encodeSeries({ labels, times, values }: MatrixSeries, stepTexts: Map<number, string>): string {
  let points = "";
  for (let index = 0; index < times.length; index++) {
    const at = times[index] ?? 0;
    let step = stepTexts.get(at);
    if (step === undefined) {
      step = formatTime(at);
      stepTexts.set(at, step);
    }
    points += `${index === 0 ? "" : ","}[${step},"${formatValue(values[index] ?? Number.NaN)}"]`;
  }
  return `{"metric":${encodeLabels(labels)},"values":[${points}]}`;
}

async function listInSlices<T>(
  items: readonly T[],
  pointsOf: (item: T) => number,
  encode: (item: T) => string,
): Promise<string> {
  const texts: string[] = [];
  let points = 0;
  for (const item of items) {
    texts.push(encode(item));
    points += pointsOf(item);
    if (points < POINTS_A_SLICE) continue;
    points = 0;
    await setImmediate();
  }
  return `[${texts.join(",")}]`;
}

function point(at: number, value: number): string {
  return `[${formatTime(at)},"${formatValue(value)}"]`;
}

function cut(answer: QueryAnswer, limit: number): Pick<QueryAnswer, "value" | "warnings"> {
  const { value } = answer;
  const warnings = [...answer.warnings, "results truncated due to limit"];
  if (value.kind === "vector" && value.samples.length > limit)
    return { value: { ...value, samples: value.samples.slice(0, limit) }, warnings };
  if (value.kind === "matrix" && value.series.length > limit)
    return { value: { ...value, series: value.series.slice(0, limit) }, warnings };
  return answer;
}
