/** Results and expectations in the words of the script language, for messages. */
import { type Labels, labelValue, METRIC_NAME } from "../labels.ts";
import type { MatrixSeries, QueryValue } from "../query-result.ts";
import type { EvalCommand, Steps } from "./script-commands.ts";
import type { SequenceValue } from "./series-line.ts";

const MAX_SHOWN = 20;

/** `name{label="value"}`; the empty set as `{}`. */
export function seriesText(labels: Labels): string {
  const name = labelValue(labels, METRIC_NAME);
  const isPlainName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
  const pairs = labels.names.flatMap((label, index) => {
    if (label === METRIC_NAME && (isPlainName || name === "")) return [];
    const shown = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : JSON.stringify(label);
    return [`${shown}=${JSON.stringify(labels.values[index])}`];
  });
  if (!isPlainName) return `{${pairs.join(", ")}}`;
  return pairs.length === 0 ? name : `${name}{${pairs.join(", ")}}`;
}

export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

export function resultText(value: QueryValue): string {
  switch (value.kind) {
    case "scalar":
      return numberText(value.value);
    case "string":
      return JSON.stringify(value.value);
    case "vector":
      return listed(
        value.samples.map((sample) => `${seriesText(sample.labels)} ${numberText(sample.value)}`),
      );
    case "matrix":
      return listed(value.series.map(pointsText));
  }
}

function pointsText({ labels, times, values }: MatrixSeries): string {
  const points = [...times.slice(0, MAX_SHOWN)].map(
    (at, index) => `${numberText(values[index] ?? Number.NaN)}@${at / 1000}s`,
  );
  return `${seriesText(labels)} ${points.join(" ")}${times.length > MAX_SHOWN ? " …" : ""}`;
}

export function expectationText(command: EvalCommand): string {
  if (command.fail !== null) {
    const texts = command.fail.flatMap((one) => (one.kind === "any" ? [] : [`${one.kind}: ${one.text}`]));
    return ["a failure", ...texts].join(", ");
  }
  const { result } = command;
  switch (result.kind) {
    case "scalar":
      return numberText(result.value);
    case "string":
      return JSON.stringify(result.value);
    case "series": {
      const steps = command.time.kind === "range" ? command.time : command.rangeVector;
      return listed(
        result.series.map(({ labels, values }) => `${seriesText(labels)} ${valuesText(values, steps)}`),
      );
    }
  }
}

function valuesText(values: readonly SequenceValue[], steps: Steps | null): string {
  const shown = values.slice(0, MAX_SHOWN).flatMap((value, index) => {
    if (steps === null) return [valueText(value)];
    return value.kind === "omitted"
      ? []
      : [`${valueText(value)}@${(steps.startAt + index * steps.stepMs) / 1000}s`];
  });
  return `${shown.join(" ")}${values.length > MAX_SHOWN ? " …" : ""}`;
}

function valueText(value: SequenceValue): string {
  switch (value.kind) {
    case "float":
      return numberText(value.value);
    case "stale":
      return "stale";
    case "omitted":
      return "_";
    case "histogram":
      return "{{…}}";
  }
}

function listed(lines: readonly string[]): string {
  if (lines.length === 0) return "nothing";
  const more = lines.length - MAX_SHOWN;
  return [...lines.slice(0, MAX_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
