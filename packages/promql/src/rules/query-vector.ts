/** The answer of a rule's query as samples: a scalar counts as one sample without labels. */
import { NO_LABELS } from "../labels.ts";
import type { QueryAnswer, VectorSample } from "../query-result.ts";

/** @throws TypeError for a matrix or a string */
export function vectorOf({ value }: QueryAnswer): readonly VectorSample[] {
  switch (value.kind) {
    case "vector":
      return value.samples;
    case "scalar":
      return [{ labels: NO_LABELS, at: value.at, value: value.value }];
    case "string":
    case "matrix":
      throw new TypeError("rule result is not a vector or scalar");
  }
}
