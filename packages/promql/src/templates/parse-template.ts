/**
 * Reads a template of Go's text/template. Functions must be known and variables declared before they are used, so that a
 * rule file with a mistake in a template is refused when it is loaded, not when the alert fires.
 */
import { parseFloatText } from "../go-format/float-text.ts";
import { unquote } from "../go-format/quoted-text.ts";
import { TemplateSyntaxError, type Token, tokenize } from "./lexer.ts";
import type { Command, Operand, ParsedTemplate, Pipeline, TemplateNode } from "./nodes.ts";

/** Deeper than any person nests; keeps the parser's recursion inside the stack. */
const MAX_DEPTH = 200;

/** @throws TemplateSyntaxError */
export function parseTemplate(source: string, isFunction: (name: string) => boolean): ParsedTemplate {
  return new Parser(source, isFunction).parse();
}

type Stop = "end" | "else" | "eof";

class Parser {
  readonly #source: string;
  readonly #isFunction: (name: string) => boolean;
  readonly #tokens: readonly Token[];
  readonly #definitions = new Map<string, readonly TemplateNode[]>();
  #next = 0;
  #variables: string[] = ["$"];
  #rangeDepth = 0;
  #depth = 0;

  constructor(source: string, isFunction: (name: string) => boolean) {
    this.#source = source;
    this.#isFunction = isFunction;
    this.#tokens = tokenize(source);
  }

  parse(): ParsedTemplate {
    const { nodes, stop } = this.#list(true);
    if (stop !== "eof") throw this.#error(this.#at(), `unexpected {{${stop}}}`);
    return { source: this.#source, body: nodes, definitions: this.#definitions };
  }

  /** Nodes up to `{{end}}`, `{{else` or the end; after `else` the rest of that action is still to be read. */
  #list(isTop: boolean): { nodes: TemplateNode[]; stop: Stop } {
    if (++this.#depth > MAX_DEPTH) throw this.#error(this.#at(), "the template is nested too deeply");
    const nodes: TemplateNode[] = [];
    try {
      for (;;) {
        const token = this.#take();
        if (token.kind === "end") {
          if (!isTop) throw this.#error(token.at, "unexpected EOF");
          return { nodes, stop: "eof" };
        }
        if (token.kind === "text") {
          nodes.push({ kind: "text", at: token.at, text: token.text });
          continue;
        }
        const word = this.#peekPastSpace();
        if (word.kind === "keyword" && (word.text === "end" || word.text === "else")) {
          this.#takePastSpace();
          if (word.text === "end") this.#expectClose("end");
          return { nodes, stop: word.text };
        }
        const node = this.#action(isTop);
        if (node !== null) nodes.push(node);
      }
    } finally {
      this.#depth--;
    }
  }

  #action(isTop: boolean): TemplateNode | null {
    const word = this.#peekPastSpace();
    if (word.kind !== "keyword" || word.text === "nil") {
      const pipeline = this.#pipeline("command", "close");
      return { kind: "action", at: pipeline.at, pipeline };
    }
    this.#takePastSpace();
    switch (word.text) {
      case "if":
      case "with":
      case "range":
        return this.#branch(word.text, word.at);
      case "break":
      case "continue":
        if (this.#rangeDepth === 0) throw this.#error(word.at, `{{${word.text}}} outside {{range}}`);
        this.#expectClose(word.text);
        return { kind: word.text, at: word.at };
      case "template":
        return this.#templateCall();
      case "block":
        return this.#block(word.at);
      default:
        if (!isTop || this.#depth > 1) throw this.#error(word.at, `unexpected <${word.text}> in command`);
        this.#define();
        return null;
    }
  }

  #branch(kind: "if" | "with" | "range", at: number): TemplateNode {
    const outer = this.#variables.length;
    const pipeline = this.#pipeline(kind, "close");
    if (kind === "range") this.#rangeDepth++;
    const { nodes: body, stop } = this.#list(false);
    if (kind === "range") this.#rangeDepth--;
    const otherwise = stop === "else" ? this.#otherwise(kind) : [];
    this.#variables.length = outer;
    return { kind, at, pipeline, body, otherwise };
  }

  /** After `{{else`: either `}}` and a list up to `{{end}}`, or ` if …`/` with …`, whose end is ours as well. */
  #otherwise(kind: "if" | "with" | "range"): TemplateNode[] {
    const word = this.#peekPastSpace();
    if (word.kind === "keyword" && word.text === kind && kind !== "range") {
      this.#takePastSpace();
      if (++this.#depth > MAX_DEPTH) throw this.#error(word.at, "the template is nested too deeply");
      const node = this.#branch(kind, word.at);
      this.#depth--;
      return [node];
    }
    this.#expectClose("else");
    const { nodes, stop } = this.#list(false);
    if (stop !== "end") throw this.#error(this.#at(), `expected end; found {{${stop}}}`);
    return nodes;
  }

  #define(): void {
    const name = this.#templateName("define clause");
    this.#expectClose("define clause");
    this.#definitions.set(
      name,
      this.#separately(() => this.#list(false)),
    );
  }

  #block(at: number): TemplateNode {
    const name = this.#templateName("block clause");
    const pipeline = this.#pipeline("block clause", "close");
    const nodes = this.#separately(() => this.#list(false));
    if (!this.#definitions.has(name)) this.#definitions.set(name, nodes);
    return { kind: "template", at, name, pipeline };
  }

  /** A defined template sees no variable but its own `$`. */
  #separately(read: () => { nodes: TemplateNode[]; stop: Stop }): TemplateNode[] {
    const variables = this.#variables;
    const rangeDepth = this.#rangeDepth;
    this.#variables = ["$"];
    this.#rangeDepth = 0;
    const { nodes, stop } = read();
    if (stop !== "end") throw this.#error(this.#at(), `unexpected {{${stop}}} in define clause`);
    this.#variables = variables;
    this.#rangeDepth = rangeDepth;
    return nodes;
  }

  #templateCall(): TemplateNode {
    const { at } = this.#peekPastSpace();
    const name = this.#templateName("template clause");
    const isLast = this.#peekPastSpace().kind === "close";
    if (isLast) {
      this.#expectClose("template clause");
      return { kind: "template", at, name, pipeline: null };
    }
    return { kind: "template", at, name, pipeline: this.#pipeline("template clause", "close") };
  }

  #templateName(context: string): string {
    const token = this.#takePastSpace();
    const value = token.kind === "string" ? unquote(token.text) : undefined;
    if (value === undefined) throw this.#unexpected(token, context);
    return value;
  }

  #pipeline(context: string, end: "close" | ")"): Pipeline {
    const at = this.#peekPastSpace().at;
    const { variables, isAssignment } = this.#declaration(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#peekPastSpace();
      if (token.kind === end || token.text === end) {
        this.#takePastSpace();
        break;
      }
      if (token.text === ")") throw this.#unexpected(token, context);
      commands.push(this.#command(context));
      if (this.#peekPastSpace().kind === "pipe") {
        const pipe = this.#takePastSpace();
        const after = this.#peekPastSpace();
        if (after.kind === end || after.text === end)
          throw this.#error(pipe.at, `missing value for ${context}`);
      }
    }
    if (commands.length === 0) throw this.#error(at, `missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      const kind = command.operands[0]?.kind;
      const isValue =
        kind === "bool" || kind === "dot" || kind === "nil" || kind === "number" || kind === "string";
      if (index > 0 && isValue)
        throw this.#error(command.at, `non executable command in pipeline stage ${index + 1}`);
    }
    if (!isAssignment) this.#variables.push(...variables);
    return { at, variables, isAssignment, commands };
  }

  /** `$x :=`, `$x =`, and `$i, $e :=` of a range. */
  #declaration(context: string): { variables: string[]; isAssignment: boolean } {
    const start = this.#next;
    const variables: string[] = [];
    for (;;) {
      const token = this.#takePastSpace();
      if (token.kind !== "variable") break;
      variables.push(token.text);
      const after = this.#takePastSpace();
      if (after.kind === "declare" || after.kind === "assign") {
        if (after.kind === "assign") for (const name of variables) this.#requireVariable(name, token.at);
        return { variables, isAssignment: after.kind === "assign" };
      }
      const goesOn = after.kind === "comma" && context === "range" && variables.length < 2;
      if (after.kind === "comma" && !goesOn)
        throw this.#error(after.at, `too many declarations in ${context}`);
      if (!goesOn) break;
    }
    this.#next = start;
    return { variables: [], isAssignment: false };
  }

  #command(context: string): Command {
    this.#skipSpace();
    const { at } = this.#peek();
    const operands: Operand[] = [];
    while (!this.#isCommandEnd()) {
      const operand = this.#operand();
      if (operand === null) throw this.#unexpected(this.#peek(), context);
      operands.push(operand);
      const after = this.#peek();
      if (after.kind === "space") this.#skipSpace();
      else if (!this.#isCommandEnd())
        throw after.kind === "end"
          ? this.#unexpected(after, context)
          : this.#error(after.at, `unexpected ${describe(after)} in operand`);
    }
    if (operands.length === 0) throw this.#error(at, "empty command");
    return { at, operands };
  }

  #isCommandEnd(): boolean {
    const { kind, text } = this.#peek();
    return kind === "close" || kind === "pipe" || (kind === "paren" && text === ")");
  }

  /** With the fields behind it; Go counts the place of `$labels.job` from its first dot. */
  #operand(): Operand | null {
    const start = this.#at();
    const term = this.#term();
    const { kind: next, at } = this.#peek();
    if (term === null || next !== "field") return term;
    const source = this.#source.slice(start, at);
    const names = this.#fields();
    switch (term.kind) {
      case "field":
      case "variable":
        return { ...term, at, names: [...term.names, ...names] };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        throw this.#error(at, `unexpected . after term ${JSON.stringify(source)}`);
      default:
        return { kind: "chain", at, of: term, names };
    }
  }

  #fields(): string[] {
    const names: string[] = [];
    while (this.#peek().kind === "field") names.push(this.#take().text.slice(1));
    return names;
  }

  #term(): Operand | null {
    const token = this.#peek();
    const { at, text } = token;
    switch (token.kind) {
      case "identifier":
        this.#take();
        if (!this.#isFunction(text)) throw this.#error(at, `function ${JSON.stringify(text)} not defined`);
        return { kind: "function", at, name: text };
      case "dot":
        this.#take();
        return { kind: "dot", at };
      case "keyword":
        if (text !== "nil") return null;
        this.#take();
        return { kind: "nil", at };
      case "variable":
        this.#take();
        this.#requireVariable(text, at);
        return { kind: "variable", at, name: text, names: [] };
      case "field":
        this.#take();
        return { kind: "field", at, names: [text.slice(1)] };
      case "bool":
        this.#take();
        return { kind: "bool", at, value: text === "true" };
      case "number":
      case "char":
        this.#take();
        return { kind: "number", at, text, ...this.#number(token) };
      case "string": {
        this.#take();
        const value = unquote(text);
        if (value === undefined) throw this.#error(at, `invalid syntax: ${text}`);
        return { kind: "string", at, text, value };
      }
      case "paren":
        return text === "(" ? this.#parenthesis(at) : null;
      default:
        return null;
    }
  }

  #parenthesis(at: number): Operand {
    this.#take();
    if (++this.#depth > MAX_DEPTH) throw this.#error(at, "the template is nested too deeply");
    const pipeline = this.#pipeline("parenthesized pipeline", ")");
    this.#depth--;
    return { kind: "pipeline", at, pipeline };
  }

  /** A constant is a float when it is written as one, as in Go. */
  #number({ kind, text, at }: Token): { value: number; isInt: boolean } {
    if (kind === "char") {
      const value = unquote(text)?.codePointAt(0);
      if (value === undefined) throw this.#error(at, `malformed character constant: ${text}`);
      return { value, isInt: true };
    }
    const plain = text.replaceAll("_", "");
    const sign = plain.startsWith("-") ? -1 : 1;
    const digits = plain.replace(/^[+-]/, "").replace(/^0(?=[0-7]+$)/, "0o");
    const value = (/[pP]/.test(digits) ? (parseFloatText(digits) ?? Number.NaN) : Number(digits)) * sign;
    if (Number.isNaN(value)) throw this.#error(at, `illegal number syntax: ${JSON.stringify(text)}`);
    const isInt = /^0[xX][^pP.]*$|^0[bBoO]/.test(digits) || !/[.eEpP]/.test(digits);
    if (isInt && Math.abs(value) >= 2 ** 64)
      throw this.#error(at, `integer overflow: ${JSON.stringify(text)}`);
    return { value, isInt };
  }

  #requireVariable(name: string, at: number): void {
    if (!this.#variables.includes(name)) throw this.#error(at, `undefined variable ${JSON.stringify(name)}`);
  }

  #expectClose(context: string): void {
    const token = this.#takePastSpace();
    if (token.kind !== "close") throw this.#unexpected(token, context);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: this.#source.length };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #skipSpace(): void {
    while (this.#peek().kind === "space") this.#next++;
  }

  #peekPastSpace(): Token {
    const next = this.#next;
    this.#skipSpace();
    const token = this.#peek();
    this.#next = next;
    return token;
  }

  #takePastSpace(): Token {
    this.#skipSpace();
    return this.#take();
  }

  #at(): number {
    return this.#peek().at;
  }

  #unexpected(token: Token, context: string): TemplateSyntaxError {
    return this.#error(token.at, `unexpected ${describe(token)} in ${context}`);
  }

  #error(at: number, message: string): TemplateSyntaxError {
    return new TemplateSyntaxError(at, message);
  }
}

function describe(token: Token): string {
  if (token.kind === "end") return "EOF";
  if (token.kind === "keyword") return `<${token.text}>`;
  const text =
    token.text.length > 10 ? `${JSON.stringify(token.text.slice(0, 10))}...` : JSON.stringify(token.text);
  return text;
}
