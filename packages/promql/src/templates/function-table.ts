/** The functions that templates can call: what they take is declared, so that a wrong argument is said in Go's words. */
import type { TemplateValue } from "./values.ts";

export type Parameter = "any" | "string" | "vector" | "sample";

export interface TemplateFunction {
  readonly parameters: readonly Parameter[];
  /** What any number of further arguments must be; null when there may be none. */
  readonly rest: Parameter | null;
  readonly call: (args: readonly TemplateValue[]) => TemplateValue;
}

export type TemplateFunctions = ReadonlyMap<string, TemplateFunction>;

export function fixed(
  parameters: readonly Parameter[],
  call: (args: readonly TemplateValue[]) => TemplateValue,
): TemplateFunction {
  return { parameters, rest: null, call };
}

export function variadic(
  parameters: readonly Parameter[],
  rest: Parameter,
  call: (args: readonly TemplateValue[]) => TemplateValue,
): TemplateFunction {
  return { parameters, rest, call };
}

/** An argument whose parameter was declared as a string. */
export function text(value: TemplateValue): string {
  if (typeof value !== "string") throw new TypeError("expected string");
  return value;
}
