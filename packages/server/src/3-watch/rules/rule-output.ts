/** What rules give, as batches for the metric store. */
import { setStale } from "@batchwatch/promql";
import type { RuleOutput } from "@batchwatch/promql/rules/rule-evaluation";
import { KnownSeries, type SampleBatch } from "../../model/samples.ts";

export function batchOf({ samples, staleSeries }: RuleOutput): SampleBatch {
  const points = [...samples, ...staleSeries];
  const values = new Float64Array(points.length);
  for (const [index, { value }] of samples.entries()) values[index] = value;
  for (let index = samples.length; index < points.length; index++) setStale(values, index);
  return {
    series: points.map(({ labels }) => new KnownSeries(labels)),
    seriesIndex: Uint32Array.from(points.keys()),
    times: Float64Array.from(points.map(({ at }) => at)),
    values,
  };
}
