/** The label sets under which an accumulator stands in the sample store: one for a counter or gauge, many for a histogram. */
import { labelsOf } from "@batchwatch/promql";
import type { MeterSeries, MeterValue } from "../../model/meter.ts";
import { KnownSeries, type SeriesLabels } from "../../model/samples.ts";
import type { SampleWriter } from "./sample-writer.ts";

export type LabelSets =
  | { kind: "single"; series: KnownSeries }
  | {
      kind: "histogram";
      bounds: readonly number[];
      buckets: readonly KnownSeries[];
      infinite: KnownSeries;
      sum: KnownSeries;
      count: KnownSeries;
    };

type Named = Pick<MeterSeries, "family" | "labels">;

/** Made once for each accumulator and set of bounds, because stores tell series apart faster by the object. */
export class LabelSetCache {
  readonly #sets = new Map<string, LabelSets>();

  of(key: string, series: Named, value: MeterValue): LabelSets {
    const known = this.#sets.get(key);
    if (known !== undefined && fits(known, value)) return known;
    const made = labelSetsOf(series, value);
    this.#sets.set(key, made);
    return made;
  }

  forget(): void {
    this.#sets.clear();
  }
}

function fits(sets: LabelSets, value: MeterValue): boolean {
  if (value.kind !== "histogram") return sets.kind === "single";
  const { bounds } = value.value;
  return (
    sets.kind === "histogram" &&
    sets.bounds.length === bounds.length &&
    sets.bounds.every((bound, index) => bound === bounds[index])
  );
}

export function labelSetsOf({ family, labels }: Named, value: MeterValue): LabelSets {
  if (value.kind !== "histogram") return { kind: "single", series: knownSeries(family, labels) };
  const bucket = (le: string): KnownSeries => knownSeries(`${family}_bucket`, { ...labels, le });
  return {
    kind: "histogram",
    bounds: value.value.bounds,
    buckets: value.value.bounds.map((bound) => bucket(String(bound))),
    infinite: bucket("+Inf"),
    sum: knownSeries(`${family}_sum`, labels),
    count: knownSeries(`${family}_count`, labels),
  };
}

/** All samples of one accumulator at one time. */
export function addSamples(out: SampleWriter, sets: LabelSets, value: MeterValue, at: number): void {
  if (value.kind !== "histogram") {
    if (sets.kind === "single") out.add(sets.series, at, value.value);
    return;
  }
  if (sets.kind !== "histogram") return;
  const { count, sum, below } = value.value;
  for (let index = 0; index < sets.buckets.length; index++) {
    const bucket = sets.buckets[index];
    if (bucket !== undefined) out.add(bucket, at, below[index] ?? 0);
  }
  out.add(sets.infinite, at, count);
  out.add(sets.sum, at, sum);
  out.add(sets.count, at, count);
}

export function knownSeries(family: string, labels: SeriesLabels): KnownSeries {
  return new KnownSeries(labelsOf(Object.entries({ ...labels, __name__: family })));
}
