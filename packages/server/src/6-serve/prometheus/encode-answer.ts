/**
 * Query answers as Prometheus's JSON text. Written by hand: a panel has some hundred thousand points, and building an
 * object for each to have JSON.stringify read it costs several times as much.
 */
import type { Labels, MatrixSeries, QueryAnswer, QueryValue } from "@batchwatch/promql";
import { formatTime, formatValue } from "./format-sample.ts";

/** @param limit most series in the answer, 0 = all; what is cut is said in a warning */
export function encodeQueryAnswer(answer: QueryAnswer, limit: number): string {
  const { value, warnings } = limit > 0 ? cut(answer, limit) : answer;
  return encodeSuccess(
    `{"resultType":"${value.kind}","result":${encodeValue(value)}}`,
    warnings,
    answer.infos,
  );
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

function encodeValue(value: QueryValue): string {
  switch (value.kind) {
    case "scalar":
      return point(value.at, value.value);
    case "string":
      return `[${formatTime(value.at)},${JSON.stringify(value.value)}]`;
    case "vector":
      return list(
        value.samples,
        ({ labels, at, value: number }) => `{"metric":${encodeLabels(labels)},"value":${point(at, number)}}`,
      );
    case "matrix":
      return list(value.series, encodeSeries);
    default:
      return value satisfies never;
  }
}

function encodeSeries({ labels, times, values }: MatrixSeries): string {
  let points = "";
  for (let index = 0; index < times.length; index++)
    points += `${index === 0 ? "" : ","}[${formatTime(times[index] ?? 0)},"${formatValue(values[index] ?? Number.NaN)}"]`;
  return `{"metric":${encodeLabels(labels)},"values":[${points}]}`;
}

function point(at: number, value: number): string {
  return `[${formatTime(at)},"${formatValue(value)}"]`;
}

function list<T>(items: readonly T[], encode: (item: T) => string): string {
  return `[${items.map(encode).join(",")}]`;
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
