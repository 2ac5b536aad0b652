/** All functions by name. A test proves that it holds every name that the checker lets pass, and no other. */
import { CHANGE_FUNCTIONS } from "./changes.ts";
import { DATE_FUNCTIONS } from "./dates.ts";
import type { FunctionImplementation } from "./function-kinds.ts";
import { HISTOGRAM_FUNCTIONS } from "./histograms.ts";
import { LABEL_FUNCTIONS } from "./label-functions.ts";
import { MATH_FUNCTIONS } from "./math.ts";
import { OVER_TIME_FUNCTIONS } from "./over-time.ts";
import { RATE_FUNCTIONS } from "./rates.ts";
import { SORT_FUNCTIONS } from "./sorting.ts";
import { TREND_FUNCTIONS } from "./trends.ts";
import { VECTOR_FUNCTIONS } from "./vectors.ts";

const FUNCTIONS: ReadonlyMap<string, FunctionImplementation> = new Map<string, FunctionImplementation>(
  Object.entries({
    ...CHANGE_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...HISTOGRAM_FUNCTIONS,
    ...LABEL_FUNCTIONS,
    ...MATH_FUNCTIONS,
    ...OVER_TIME_FUNCTIONS,
    ...RATE_FUNCTIONS,
    ...SORT_FUNCTIONS,
    ...TREND_FUNCTIONS,
    ...VECTOR_FUNCTIONS,
  }),
);

export function functionImplementation(name: string): FunctionImplementation | undefined {
  return FUNCTIONS.get(name);
}

/** `absent_over_time` turns its whole result round and is evaluated by the caller of windows. */
export const ABSENT_OVER_TIME = "absent_over_time";

export function implementedFunctions(): readonly string[] {
  return [...FUNCTIONS.keys(), ABSENT_OVER_TIME];
}
