/** PromQL for Batchwatch: parse, evaluate, rules, templates, test scripts. No I/O, no clock. */
export { type EngineOptions, queryInstant, queryRange } from "./engine.ts";
export * from "./labels.ts";
export * from "./matchers.ts";
export type * from "./parse/ast.ts";
export { astJson } from "./parse/ast-json.ts";
export { documentedType, typeOf } from "./parse/check.ts";
export { childrenOf } from "./parse/children-of.ts";
export { format, prettify } from "./parse/format.ts";
export { type ParseOptions, parse, parseSelector } from "./parse/parse.ts";
export * from "./query-error.ts";
export * from "./query-result.ts";
export * from "./series-source.ts";
export * from "./stale-marker.ts";
