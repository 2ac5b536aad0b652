/** From a syntax tree back to text: one line (`format`), or broken into indented lines where it is long (`prettify`). */
import { durationText } from "../go-format/duration-text.ts";
import { floatText } from "../go-format/float-text.ts";
import { isPlainMetricName, labelNameText } from "../go-format/label-text.ts";
import { quote } from "../go-format/quoted-text.ts";
import { METRIC_NAME } from "../labels.ts";
import type { LabelMatcher } from "../series-source.ts";
import type {
  AggregateExpr,
  AtModifier,
  BinaryExpr,
  Duration,
  DurationExpr,
  Expr,
  NumberLiteral,
  SubqueryExpr,
  VectorMatching,
  VectorSelector,
} from "./ast.ts";

const MS_PER_SECOND = 1000;

/** The text of an expression in one line, as Prometheus prints it; parses to the same tree. */
export function format(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return numberText(expr);
    case "string":
      return quote(expr.value);
    case "selector":
      return selectorText(expr) + modeText(expr) + timeSuffix(expr);
    case "range":
      return `${selectorText(expr.selector)}[${rangeText(expr.range)}]${modeText(expr.selector)}${timeSuffix(expr.selector)}`;
    case "subquery":
      return format(expr.expr) + subquerySuffix(expr);
    case "call":
      return `${expr.name}(${expr.args.map(format).join(", ")})`;
    case "aggregate":
      return `${aggregateHead(expr)}(${[...parameterOf(expr), expr.expr].map(format).join(", ")})`;
    case "binary":
      return `${leftText(expr)} ${operatorText(expr)} ${format(expr.right)}`;
    case "unary":
      return expr.op + format(expr.expr);
    case "paren":
      return `(${format(expr.expr)})`;
  }
}

/** Longer expressions are broken into lines. */
const MOST_CHARACTERS = 100;
const INDENT = "  ";

/** The text of an expression in lines of bearable length. */
export function prettify(expr: Expr): string {
  return pretty(expr, 0);
}

function pretty(expr: Expr, level: number): string {
  const indent = INDENT.repeat(level);
  const line = format(expr);
  const inner = (child: Expr) => pretty(child, level + 1);
  if (line.length <= MOST_CHARACTERS) return indent + line;
  switch (expr.kind) {
    case "aggregate":
      return `${indent}${aggregateHead(expr)}(\n${[...parameterOf(expr), expr.expr].map(inner).join(",\n")}\n${indent})`;
    case "binary":
      return `${prettyLeft(expr, level + 1)}\n${indent}${operatorText(expr)}\n${inner(expr.right)}`;
    case "call":
      return `${indent}${expr.name}(\n${expr.args.map(inner).join(",\n")}\n${indent})`;
    case "paren":
      return `${indent}(\n${inner(expr.expr)}\n${indent})`;
    case "subquery":
      return pretty(expr.expr, level) + subquerySuffix(expr);
    case "unary":
      return indent + expr.op + pretty(expr.expr, level).trim();
    case "number":
    case "string":
    case "selector":
    case "range":
      return indent + line;
  }
}

function prettyLeft(expr: BinaryExpr, level: number): string {
  return expr.left.kind === "number" ? INDENT.repeat(level) + leftText(expr) : pretty(expr.left, level);
}

function numberText({ value, writtenAsDuration }: NumberLiteral): string {
  if (!writtenAsDuration) return floatText(value);
  const ms = Math.round(value * MS_PER_SECOND);
  return Object.is(ms, -0) ? "-0s" : durationText(ms);
}

function selectorText({ name, matchers }: VectorSelector): string {
  const shown = matchers.filter(
    (matcher) =>
      !(matcher.name === METRIC_NAME && matcher.op === "=" && matcher.value === name && name !== ""),
  );
  if (shown.length === 0 && name !== "") return name;
  return `${name}{${shown.map(matcherText).join(",")}}`;
}

function matcherText({ name, op, value }: LabelMatcher): string {
  return `${labelNameText(name)}${op}${quote(value)}`;
}

function modeText({ mode }: VectorSelector): string {
  return mode === "plain" ? "" : ` ${mode}`;
}

function timeSuffix({ at, offset }: Pick<VectorSelector | SubqueryExpr, "at" | "offset">): string {
  return atText(at) + (offset === undefined ? "" : ` offset ${rangeText(offset)}`);
}

function atText(at: AtModifier | undefined): string {
  if (at === undefined) return "";
  return at.kind === "time" ? ` @ ${(at.at / MS_PER_SECOND).toFixed(3)}` : ` @ ${at.kind}()`;
}

function subquerySuffix(expr: SubqueryExpr): string {
  const step = expr.step === undefined ? "" : rangeText(expr.step);
  return `[${rangeText(expr.range)}:${step}]${timeSuffix(expr)}`;
}

function rangeText(duration: Duration): string {
  return duration.kind === "fixed" ? durationText(duration.ms) : durationExprText(duration.expr);
}

function durationExprText(expr: DurationExpr): string {
  switch (expr.kind) {
    case "seconds":
      return expr.writtenAsDuration
        ? durationText(Math.round(expr.seconds * MS_PER_SECOND))
        : floatText(expr.seconds);
    case "step":
    case "range":
      return `${expr.kind}()`;
    case "paren":
      return `(${durationExprText(expr.inner)})`;
    case "sign":
      return expr.op + durationExprText(expr.operand);
    case "extreme":
      return `${expr.op}(${durationExprText(expr.left)}, ${durationExprText(expr.right)})`;
    case "arithmetic":
      return `${durationExprText(expr.left)} ${expr.op} ${durationExprText(expr.right)}`;
  }
}

function parameterOf({ param }: AggregateExpr): Expr[] {
  return param === undefined ? [] : [param];
}

function aggregateHead({ op, grouping, without }: AggregateExpr): string {
  if (without) return `${op} without (${labelList(grouping)}) `;
  return grouping.length > 0 ? `${op} by (${labelList(grouping)}) ` : op;
}

function labelList(labels: readonly string[]): string {
  return labels.map((label) => (isPlainMetricName(label) ? label : quote(label))).join(", ");
}

function operatorText({ op, returnBool, matching }: BinaryExpr): string {
  return op + (returnBool ? " bool" : "") + matchingText(matching) + fillText(matching);
}

/** The sign of `+Inf` would take the whole power for its operand. */
function leftText({ op, left }: BinaryExpr): string {
  const text = format(left);
  return op === "^" && left.kind === "number" ? text.replace(/^\+/, "") : text;
}

function matchingText({ cardinality, on, labels, include }: VectorMatching): string {
  const groups = cardinality === "many-to-one" || cardinality === "one-to-many";
  if (labels.length === 0 && !on && !groups) return "";
  const matching = ` ${on ? "on" : "ignoring"} (${labelList(labels)})`;
  if (!groups) return matching;
  const side = cardinality === "many-to-one" ? "left" : "right";
  return `${matching} group_${side} (${labelList(include)})`;
}

function fillText({ fillLeft, fillRight }: VectorMatching): string {
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) return ` fill (${floatText(fillLeft)})`;
  const left = fillLeft === undefined ? "" : ` fill_left (${floatText(fillLeft)})`;
  const right = fillRight === undefined ? "" : ` fill_right (${floatText(fillRight)})`;
  return left + right;
}
