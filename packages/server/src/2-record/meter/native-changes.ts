/** What a job told of itself → a change of the server's own series (SEMANTICS section 7). Pure. */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { NativeIncrement } from "../../model/meter.ts";
import type { MeterChange } from "./meter-value.ts";

export function nativeChange({
  jobId,
  family,
  labels,
  fromAt,
  at,
  isFirst,
  change,
}: NativeIncrement): MeterChange {
  const base = { jobId, family, labels };
  switch (change.kind) {
    case "add":
      return {
        ...base,
        at: Math.round(isOne(change.amount) && isFirst ? fromAt : at),
        change: { kind: "add", amount: change.amount },
      };
    case "merge":
      return {
        ...base,
        at: Math.round(isOne(change.histogram.count) && isFirst ? fromAt : at),
        change: { kind: "merge", histogram: change.histogram },
      };
    case "set":
      return {
        ...base,
        at: Math.round(at),
        change: { kind: family === METRIC_NAMES.lastSuccess ? "raise" : "set", value: change.value },
      };
  }
}

/** One measurement, whose very time is known: a stream begins with it. */
function isOne(count: number): boolean {
  return count === 1;
}
