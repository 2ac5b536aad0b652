/**
 * Series as a few long columns, for the way between threads: each text once, labels as numbers of texts, samples one after
 * the other. Cloning some thousand label objects takes ten times as long.
 */
import {
  type Labels,
  type MatrixSeries,
  type QueryAnswer,
  type QueryValue,
  sortedLabels,
  type VectorSample,
} from "@batchwatch/promql";

export interface PackedLabels {
  texts: string[];
  /** Of each series: how many labels, then a text for each name and value. */
  refs: Uint32Array<ArrayBuffer>;
}

export interface PackedSeries {
  labels: PackedLabels;
  lengths: Uint32Array<ArrayBuffer>;
  times: Float64Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
}

export type PackedAnswer = Omit<QueryAnswer, "value"> & {
  value:
    | Exclude<QueryValue, { kind: "vector" | "matrix" }>
    | { kind: "vector" | "matrix"; series: PackedSeries };
};

export function packAnswer(answer: QueryAnswer): PackedAnswer {
  const { value, ...rest } = answer;
  switch (value.kind) {
    case "scalar":
    case "string":
      return { ...rest, value };
    case "vector":
      return { ...rest, value: { kind: "vector", series: packVector(value.samples) } };
    case "matrix":
      return { ...rest, value: { kind: "matrix", series: packSeries(value.series) } };
  }
}

export function unpackAnswer(packed: PackedAnswer): QueryAnswer {
  const { value, ...rest } = packed;
  switch (value.kind) {
    case "scalar":
    case "string":
      return { ...rest, value };
    case "vector":
      return { ...rest, value: { kind: "vector", samples: unpackVector(value.series) } };
    case "matrix":
      return { ...rest, value: { kind: "matrix", series: unpackSeries(value.series) } };
  }
}

export function packSeries(series: readonly MatrixSeries[]): PackedSeries {
  const lengths = Uint32Array.from(series, ({ times }) => times.length);
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let offset = 0;
  for (const one of series) {
    times.set(one.times, offset);
    values.set(one.values, offset);
    offset += one.times.length;
  }
  return { labels: packLabels(series.map(({ labels }) => labels)), lengths, times, values };
}

export function unpackSeries({ labels, lengths, times, values }: PackedSeries): MatrixSeries[] {
  let offset = 0;
  return unpackLabels(labels).map((one, index) => {
    const from = offset;
    offset += lengths[index] ?? 0;
    return { labels: one, times: times.subarray(from, offset), values: values.subarray(from, offset) };
  });
}

export function packLabels(list: readonly Labels[]): PackedLabels {
  const texts: string[] = [];
  const numbers = new Map<string, number>();
  const refs: number[] = [];
  const numberOf = (text: string): number => {
    let number = numbers.get(text);
    if (number === undefined) {
      number = texts.push(text) - 1;
      numbers.set(text, number);
    }
    return number;
  };
  for (const { names, values } of list) {
    refs.push(names.length);
    for (let index = 0; index < names.length; index++)
      refs.push(numberOf(names[index] ?? ""), numberOf(values[index] ?? ""));
  }
  return { texts, refs: Uint32Array.from(refs) };
}

export function unpackLabels({ texts, refs }: PackedLabels): Labels[] {
  const list: Labels[] = [];
  for (let at = 0; at < refs.length; ) {
    const end = at + 1 + (refs[at] ?? 0) * 2;
    const names: string[] = [];
    const values: string[] = [];
    for (at += 1; at < end; at += 2) {
      names.push(texts[refs[at] ?? 0] ?? "");
      values.push(texts[refs[at + 1] ?? 0] ?? "");
    }
    list.push(sortedLabels(names, values));
  }
  return list;
}

/** What can be handed over instead of copied. */
export function buffersOf({ labels, lengths, times, values }: PackedSeries): ArrayBuffer[] {
  return [labels.refs.buffer, lengths.buffer, times.buffer, values.buffer];
}

function packVector(samples: readonly VectorSample[]): PackedSeries {
  return {
    labels: packLabels(samples.map(({ labels }) => labels)),
    lengths: new Uint32Array(0),
    times: Float64Array.from(samples, ({ at }) => at),
    values: Float64Array.from(samples, ({ value }) => value),
  };
}

function unpackVector({ labels, times, values }: PackedSeries): VectorSample[] {
  return unpackLabels(labels).map((one, index) => ({
    labels: one,
    at: times[index] ?? 0,
    value: values[index] ?? Number.NaN,
  }));
}
