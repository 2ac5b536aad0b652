/**
 * Runs a parsed template over its data. Errors say the place in the template as Go does. A template can neither run for
 * ever nor write without end: steps, output and depth are limited.
 */

import { fieldOf } from "./field-of.ts";
import type { TemplateFunctions } from "./function-table.ts";
import {
  type Command,
  commandText,
  type Operand,
  operandText,
  type ParsedTemplate,
  type Pipeline,
  pipelineText,
  type TemplateNode,
} from "./nodes.ts";
import { TemplateError } from "./template-error.ts";
import { GoInt, isTrue, sortedKeys, type TemplateValue, typeName, valueText } from "./values.ts";

export interface ExecutionLimits {
  readonly maxSteps: number;
  readonly maxOutputLength: number;
  readonly maxDepth: number;
}

export const DEFAULT_LIMITS: ExecutionLimits = {
  maxSteps: 200_000,
  maxOutputLength: 256 * 1024,
  maxDepth: 200,
};

/** @throws TemplateError */
export function executeTemplate(
  name: string,
  template: ParsedTemplate,
  data: TemplateValue,
  functions: TemplateFunctions,
  limits: ExecutionLimits = DEFAULT_LIMITS,
): string {
  return new Execution(name, template, functions, limits).run(data);
}

type Flow = "next" | "break" | "continue";

interface Variable {
  readonly name: string;
  value: TemplateValue;
}

/** What is at hand where a command is evaluated; `final` is what the pipe brings, when there is a pipe. */
type Final = { readonly value: TemplateValue } | null;

class Execution {
  readonly #name: string;
  readonly #template: ParsedTemplate;
  readonly #functions: TemplateFunctions;
  readonly #limits: ExecutionLimits;
  /** The template that runs: its own name, or that of a defined one. */
  #running: string;
  #variables: Variable[] = [];
  #output = "";
  #steps = 0;
  #depth = 0;

  constructor(name: string, template: ParsedTemplate, functions: TemplateFunctions, limits: ExecutionLimits) {
    this.#name = name;
    this.#running = name;
    this.#template = template;
    this.#functions = functions;
    this.#limits = limits;
  }

  run(data: TemplateValue): string {
    this.#variables = [{ name: "$", value: data }];
    this.#nodes(data, this.#template.body);
    return this.#output;
  }

  #nodes(dot: TemplateValue, nodes: readonly TemplateNode[]): Flow {
    for (const node of nodes) {
      const flow = this.#node(dot, node);
      if (flow !== "next") return flow;
    }
    return "next";
  }

  #node(dot: TemplateValue, node: TemplateNode): Flow {
    this.#step(node.at);
    switch (node.kind) {
      case "text":
        this.#write(node.text, node.at);
        return "next";
      case "action": {
        const value = this.#pipeline(dot, node.pipeline);
        if (node.pipeline.variables.length === 0)
          this.#write(value === undefined ? "<no value>" : valueText(value), node.at);
        return "next";
      }
      case "if":
      case "with":
        return this.#branch(dot, node);
      case "range":
        return this.#range(dot, node);
      case "break":
      case "continue":
        return node.kind;
      case "template":
        this.#call(dot, node);
        return "next";
    }
  }

  #branch(dot: TemplateValue, node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>): Flow {
    const outer = this.#variables.length;
    const value = this.#pipeline(dot, node.pipeline);
    const flow = isTrue(value)
      ? this.#nodes(node.kind === "with" ? value : dot, node.body)
      : this.#nodes(dot, node.otherwise);
    this.#variables.length = outer;
    return flow;
  }

  #range(dot: TemplateValue, node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>): Flow {
    const outer = this.#variables.length;
    const { pipeline } = node;
    const value = this.#pipeline(dot, pipeline);
    let isEmpty = true;
    for (const [key, element] of this.#roundsOf(value, pipeline)) {
      isEmpty = false;
      this.#step(node.at);
      const inner = this.#variables.length;
      const values = pipeline.variables.length === 1 ? [element] : [key, element];
      for (const [index, name] of pipeline.variables.entries()) this.#set(name, values[index], pipeline);
      const flow = this.#nodes(element, node.body);
      this.#variables.length = inner;
      if (flow === "break") break;
    }
    const flow = isEmpty ? this.#nodes(dot, node.otherwise) : "next";
    this.#variables.length = outer;
    return flow;
  }

  /** Key and element of each round; one at a time, for a range may be long and end early. */
  *#roundsOf(value: TemplateValue, pipeline: Pipeline): Generator<[TemplateValue, TemplateValue]> {
    if (value === null || value === undefined) return;
    if (typeof value === "object" && value.kind === "slice") {
      for (const [index, item] of value.items.entries()) yield [new GoInt(index), item];
    } else if (typeof value === "object" && value.kind === "map") {
      for (const key of sortedKeys(value)) yield [key, value.entries.get(key)];
    } else if (typeof value === "object" && value.kind === "int") {
      for (let index = 0; index < value.value; index++) yield [new GoInt(index), new GoInt(index)];
    } else {
      throw this.#error(pipeline.at, pipelineText(pipeline), `range can't iterate over ${valueText(value)}`);
    }
  }

  #call(dot: TemplateValue, node: Extract<TemplateNode, { kind: "template" }>): void {
    const body = this.#template.definitions.get(node.name);
    const shown = `{{template ${JSON.stringify(node.name)}}}`;
    if (body === undefined)
      throw this.#error(node.at, shown, `template ${JSON.stringify(node.name)} not defined`);
    if (++this.#depth > this.#limits.maxDepth)
      throw this.#error(node.at, shown, `exceeded maximum template depth (${this.#limits.maxDepth})`);
    const value = node.pipeline === null ? undefined : this.#pipeline(dot, node.pipeline);
    const { variables, running } = { variables: this.#variables, running: this.#running };
    this.#variables = [{ name: "$", value }];
    this.#running = node.name;
    this.#nodes(value, body);
    this.#variables = variables;
    this.#running = running;
    this.#depth--;
  }

  #pipeline(dot: TemplateValue, pipeline: Pipeline): TemplateValue {
    let final: Final = null;
    for (const command of pipeline.commands) final = { value: this.#command(dot, command, final) };
    const value = final?.value;
    // A range gives its variables their values itself, one round after the other.
    if (pipeline.variables.length === 1 || !pipeline.isAssignment)
      for (const name of pipeline.variables) this.#set(name, value, pipeline);
    return value;
  }

  #set(name: string, value: TemplateValue, { isAssignment }: Pipeline): void {
    const known = isAssignment ? this.#variables.findLast((variable) => variable.name === name) : undefined;
    if (known === undefined) this.#variables.push({ name, value });
    else known.value = value;
  }

  #command(dot: TemplateValue, command: Command, final: Final): TemplateValue {
    const [first, ...args] = command.operands;
    this.#step(command.at);
    if (first === undefined) throw this.#error(command.at, "", "empty command");
    switch (first.kind) {
      case "function":
        return this.#function(dot, command, first.name, args, final);
      case "field":
      case "chain":
      case "variable":
        return args.length > 0 || final !== null
          ? this.#method(dot, first, args, final)
          : this.#operand(dot, first);
      case "nil":
        throw this.#error(first.at, "nil", "nil is not a command");
      default:
        if (args.length > 0 || final !== null)
          throw this.#error(
            first.at,
            operandText(first),
            `can't give argument to non-function ${operandText(first)}`,
          );
        return this.#operand(dot, first);
    }
  }

  #operand(dot: TemplateValue, operand: Operand): TemplateValue {
    this.#step(operand.at);
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return null;
      case "field":
        return this.#fields(dot, operand.names, operand);
      case "variable":
        return this.#fields(this.#variable(operand.name), operand.names, operand);
      case "chain":
        return this.#fields(this.#operand(dot, operand.of), operand.names, operand);
      case "function":
        return this.#function(dot, { at: operand.at, operands: [operand] }, operand.name, [], null);
      case "pipeline":
        return this.#pipeline(dot, operand.pipeline);
      case "bool":
      case "string":
        return operand.value;
      case "number":
        return operand.isInt ? new GoInt(operand.value) : operand.value;
    }
  }

  #variable(name: string): TemplateValue {
    return this.#variables.findLast((variable) => variable.name === name)?.value;
  }

  #fields(start: TemplateValue, names: readonly string[], operand: Operand): TemplateValue {
    let value = start;
    for (const name of names) {
      const found = fieldOf(value, name);
      if (found.kind === "problem") throw this.#errorAt(operand, found.problem);
      value = found.kind === "method" ? this.#callMethod(found.call, [], operand) : found.value;
    }
    return value;
  }

  /** `.At.Format "15:04"`: the last name must be a method, for nothing else takes arguments. */
  #method(dot: TemplateValue, operand: Operand, args: readonly Operand[], final: Final): TemplateValue {
    const text = operandText(operand);
    const names =
      operand.kind === "field" || operand.kind === "variable" || operand.kind === "chain"
        ? operand.names
        : [];
    const last = names.at(-1);
    const receiver: TemplateValue | undefined =
      last === undefined ? undefined : this.#receiver(dot, operand, names.slice(0, -1));
    const found = last === undefined ? null : fieldOf(receiver, last);
    if (found?.kind !== "method") {
      const isMap = typeof receiver === "object" && receiver?.kind === "map";
      const problem = isMap
        ? "is not a method but has arguments"
        : "has arguments but cannot be invoked as function";
      throw this.#error(operand.at, text, `${last ?? text} ${problem}`);
    }
    const values = args.map((arg) => this.#operand(dot, arg));
    return this.#callMethod(found.call, final === null ? values : [...values, final.value], operand);
  }

  #receiver(dot: TemplateValue, operand: Operand, names: readonly string[]): TemplateValue {
    if (operand.kind === "field") return this.#fields(dot, names, operand);
    if (operand.kind === "variable") return this.#fields(this.#variable(operand.name), names, operand);
    return operand.kind === "chain"
      ? this.#fields(this.#operand(dot, operand.of), names, operand)
      : undefined;
  }

  #callMethod(
    call: (args: readonly TemplateValue[]) => TemplateValue,
    args: readonly TemplateValue[],
    operand: Operand,
  ): TemplateValue {
    try {
      return call(args);
    } catch (error) {
      throw this.#error(operand.at, operandText(operand), messageOf(error));
    }
  }

  #function(
    dot: TemplateValue,
    command: Command,
    name: string,
    args: readonly Operand[],
    final: Final,
  ): TemplateValue {
    const { at } = command;
    const text = commandText(command);
    const known = this.#functions.get(name);
    if (known === undefined) throw this.#error(at, text, `${JSON.stringify(name)} is not a defined function`);
    const count = args.length + (final === null ? 0 : 1);
    const least = known.parameters.length;
    if (known.rest === null && count !== least)
      throw this.#error(at, name, `wrong number of args for ${name}: want ${least} got ${count}`);
    if (known.rest !== null && count < least)
      throw this.#error(at, name, `wrong number of args for ${name}: want at least ${least} got ${count}`);
    // `and` and `or` stop at the first argument that decides.
    if (name === "and" || name === "or") return this.#shortCircuit(dot, name, args, final);
    const values = args.map((arg) => this.#operand(dot, arg));
    if (final !== null) values.push(final.value);
    for (const [index, value] of values.entries()) {
      const wanted = known.parameters[index] ?? known.rest ?? "any";
      const problem = parameterProblem(wanted, value, args[index]);
      if (problem !== null)
        throw this.#error(args[index]?.at ?? at, argumentText(args[index], text), problem);
    }
    try {
      return known.call(values);
    } catch (error) {
      if (error instanceof TemplateError && error.passes) throw error;
      throw this.#error(at, text, `error calling ${name}: ${messageOf(error)}`);
    }
  }

  #shortCircuit(
    dot: TemplateValue,
    name: "and" | "or",
    args: readonly Operand[],
    final: Final,
  ): TemplateValue {
    let value: TemplateValue;
    for (const arg of args) {
      value = this.#operand(dot, arg);
      if (isTrue(value) === (name === "or")) return value;
    }
    return final === null ? value : final.value;
  }

  /** After parentheses Go names the last command inside them. */
  #errorAt(operand: Operand, message: string): TemplateError {
    const inner = operand.kind === "chain" && operand.of.kind === "pipeline" ? operand.of.pipeline : null;
    const last = inner?.commands.at(-1);
    return last === undefined
      ? this.#error(operand.at, operandText(operand), message)
      : this.#error(last.at, commandText(last), message);
  }

  #write(text: string, at: number): void {
    this.#output += text;
    if (this.#output.length > this.#limits.maxOutputLength)
      throw this.#error(at, "", `the text is longer than ${this.#limits.maxOutputLength} characters`);
  }

  #step(at: number): void {
    if (++this.#steps > this.#limits.maxSteps)
      throw this.#error(at, "", `the template takes more than ${this.#limits.maxSteps} steps`);
  }

  #error(at: number, context: string, message: string): TemplateError {
    const before = this.#template.source.slice(0, at);
    const line = before.split("\n").length;
    const column = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length;
    const place = context === "" ? "" : ` at <${context}>`;
    return new TemplateError(
      `template: ${this.#name}:${line}:${column}: executing ${JSON.stringify(this.#running)}${place}: ${message}`,
    );
  }
}

function argumentText(arg: Operand | undefined, otherwise: string): string {
  return arg === undefined ? otherwise : operandText(arg);
}

const GO_TYPES = {
  string: "string",
  vector: "template.queryResult",
  sample: "*template.sample",
} as const;

/** Go says it in one way of constants, in another of values. */
function parameterProblem(
  wanted: "any" | keyof typeof GO_TYPES,
  value: TemplateValue,
  arg: Operand | undefined,
): string | null {
  if (wanted === "any" || isOf(wanted, value)) return null;
  const isConstant = arg?.kind === "number" || arg?.kind === "bool" || arg?.kind === "string";
  if (!isConstant) return `wrong type for value; expected ${GO_TYPES[wanted]}; got ${typeName(value)}`;
  return wanted === "string"
    ? `expected string; found ${operandText(arg)}`
    : `can't handle ${operandText(arg)} for arg of type ${GO_TYPES[wanted]}`;
}

function isOf(wanted: keyof typeof GO_TYPES, value: TemplateValue): boolean {
  if (wanted === "string") return typeof value === "string";
  if (typeof value !== "object" || value === null) return false;
  return value.kind === (wanted === "vector" ? "slice" : "struct");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
