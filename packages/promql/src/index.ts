/** PromQL for Batchwatch: parse, evaluate, rules, templates, test scripts. No I/O, no clock. */
export * from "./labels.ts";
export * from "./query-error.ts";
export * from "./query-result.ts";
export * from "./series-source.ts";
export * from "./stale-marker.ts";
