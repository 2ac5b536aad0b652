/** The syntax tree of a template, and its nodes in the words of the template, for messages. */
export interface Pipeline {
  readonly at: number;
  readonly variables: readonly string[];
  /** `=` sets variables that are there, `:=` makes new ones. */
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
}

export interface Command {
  readonly at: number;
  readonly operands: readonly Operand[];
}

export type Operand =
  | { readonly kind: "dot" | "nil"; readonly at: number }
  /** `.Labels.job` */
  | { readonly kind: "field"; readonly at: number; readonly names: readonly string[] }
  /** `$labels.job` */
  | {
      readonly kind: "variable";
      readonly at: number;
      readonly name: string;
      readonly names: readonly string[];
    }
  /** `(query "up" | first).Value` */
  | { readonly kind: "chain"; readonly at: number; readonly of: Operand; readonly names: readonly string[] }
  | { readonly kind: "function"; readonly at: number; readonly name: string }
  | { readonly kind: "pipeline"; readonly at: number; readonly pipeline: Pipeline }
  | { readonly kind: "bool"; readonly at: number; readonly value: boolean }
  | { readonly kind: "string"; readonly at: number; readonly text: string; readonly value: string }
  | {
      readonly kind: "number";
      readonly at: number;
      readonly text: string;
      readonly value: number;
      readonly isInt: boolean;
    };

export type TemplateNode =
  | { readonly kind: "text"; readonly at: number; readonly text: string }
  | { readonly kind: "action"; readonly at: number; readonly pipeline: Pipeline }
  | {
      readonly kind: "if" | "with" | "range";
      readonly at: number;
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | { readonly kind: "break" | "continue"; readonly at: number }
  | {
      readonly kind: "template";
      readonly at: number;
      readonly name: string;
      readonly pipeline: Pipeline | null;
    };

export interface ParsedTemplate {
  readonly source: string;
  readonly body: readonly TemplateNode[];
  readonly definitions: ReadonlyMap<string, readonly TemplateNode[]>;
}

export function operandText(operand: Operand): string {
  switch (operand.kind) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "field":
      return operand.names.map((name) => `.${name}`).join("");
    case "variable":
      return [operand.name, ...operand.names].join(".");
    case "chain": {
      const inner = operandText(operand.of);
      return `${inner}${operand.names.map((name) => `.${name}`).join("")}`;
    }
    case "function":
      return operand.name;
    case "pipeline":
      return `(${pipelineText(operand.pipeline)})`;
    case "bool":
      return String(operand.value);
    case "string":
    case "number":
      return operand.text;
  }
}

export function commandText(command: Command): string {
  return command.operands.map(operandText).join(" ");
}

export function pipelineText(pipeline: Pipeline): string {
  const variables =
    pipeline.variables.length === 0
      ? ""
      : `${pipeline.variables.join(", ")} ${pipeline.isAssignment ? "=" : ":="} `;
  return variables + pipeline.commands.map(commandText).join(" | ");
}
