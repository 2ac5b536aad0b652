/** The functions of PromQL: what they take and give. The checker reads it; `functions/` implements it. */
import type { ValueType } from "./ast.ts";

export interface FunctionSignature {
  readonly args: readonly ValueType[];
  /** How many arguments may be missing or added at the end: 0 none, n up to n, -1 any number. */
  readonly variadic: number;
  readonly returns: ValueType;
  readonly experimental: boolean;
}

const SIGNATURES = new Map<string, FunctionSignature>();

/** True for a name that exists, experimental ones included. */
export function functionSignature(name: string): FunctionSignature | undefined {
  return SIGNATURES.get(name);
}

export function functionNames(): readonly string[] {
  return [...SIGNATURES.keys()];
}

function declare(
  names: string,
  args: readonly ValueType[],
  returns: ValueType,
  { variadic = 0, experimental = false } = {},
): void {
  for (const name of names.split(" ")) SIGNATURES.set(name, { args, variadic, returns, experimental });
}

declare(
  "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count " +
    "histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp",
  ["vector"],
  "vector",
);
declare(
  "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate " +
    "last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time",
  ["matrix"],
  "vector",
);
declare(
  "mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time",
  ["matrix"],
  "vector",
  { experimental: true },
);
declare("day_of_month day_of_week day_of_year days_in_month hour minute month year", ["vector"], "vector", {
  variadic: 1,
});
declare("clamp", ["vector", "scalar", "scalar"], "vector");
declare("clamp_max clamp_min", ["vector", "scalar"], "vector");
declare("round", ["vector", "scalar"], "vector", { variadic: 1 });
declare("double_exponential_smoothing", ["matrix", "scalar", "scalar"], "vector", { experimental: true });
declare("predict_linear", ["matrix", "scalar"], "vector");
declare("quantile_over_time", ["scalar", "matrix"], "vector");
declare("histogram_quantile", ["scalar", "vector"], "vector");
declare("histogram_fraction", ["scalar", "scalar", "vector"], "vector");
declare("histogram_quantiles", ["vector", "string", "scalar", "scalar"], "vector", {
  variadic: 9,
  experimental: true,
});
declare("label_replace", ["vector", "string", "string", "string", "string"], "vector");
declare("label_join", ["vector", "string", "string", "string"], "vector", { variadic: -1 });
declare("sort_by_label sort_by_label_desc", ["vector", "string"], "vector", {
  variadic: -1,
  experimental: true,
});
declare("scalar", ["vector"], "scalar");
declare("vector", ["scalar"], "vector");
declare("pi time", [], "scalar");
declare("start end step range", [], "scalar", { experimental: true });
declare("min_of max_of", ["scalar", "scalar"], "scalar", { experimental: true });
