/**
 * `batch.records.*` of a span or a log. `failed` and whatever ends in `errors` are failures; everything is a total,
 * never an increment (SEMANTICS section 3).
 */
import { ATTRIBUTES, type RecordCounts } from "@batchwatch/protocol";
import type { AttributeMap } from "../wire/otlp-types.ts";
import { numberAttribute } from "./origin.ts";

const FIELDS = ["processed", "extracted", "transformed", "loaded"] as const;

/** Answers undefined when nothing is reported: unreported is not zero. */
export function recordCountsOf(attributes: AttributeMap): RecordCounts | undefined {
  const counts: RecordCounts = {};
  for (const field of FIELDS) {
    const value = numberAttribute(attributes, ATTRIBUTES.recordsPrefix + field);
    if (isCount(value)) counts[field] = value;
  }
  const total = numberAttribute(attributes, ATTRIBUTES.totalRecords);
  if (isCount(total)) counts.processed = total;
  const failed = failedOf(attributes);
  if (failed !== undefined) counts.failed = failed;
  return Object.keys(counts).length === 0 ? undefined : counts;
}

function failedOf(attributes: AttributeMap): number | undefined {
  const failed = numberAttribute(
    attributes,
    `${ATTRIBUTES.recordsPrefix}failed`,
    "batch.total_records_failed",
  );
  if (isCount(failed)) return failed;
  let sum: number | undefined;
  for (const name of Object.keys(attributes)) {
    if (!name.startsWith(ATTRIBUTES.recordsPrefix) || !name.endsWith("errors")) continue;
    const value = numberAttribute(attributes, name);
    if (isCount(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && value >= 0;
}
