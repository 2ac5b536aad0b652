/** Which labels the series of an expression have: surely, and at most. Read off the text, without data. */
import { METRIC_NAME } from "../../labels.ts";
import type { AggregateExpr, BinaryExpr, CallExpr, Expr, VectorSelector } from "../../parse/ast.ts";
import { isSetOperator } from "../../parse/ast.ts";
import { typeOf } from "../../parse/check.ts";
import { labelsOfFamily } from "./batch-families.ts";
import { metricOf } from "./expression-parts.ts";

export interface LabelShape {
  /** Labels that each series has. The metric name is never among them. */
  readonly certain: ReadonlySet<string>;
  /** All that a series can have; null where anything may be there. */
  readonly possible: ReadonlySet<string> | null;
}

const NOTHING: LabelShape = { certain: new Set(), possible: new Set() };

export function labelShape(expr: Expr): LabelShape {
  switch (expr.kind) {
    case "number":
    case "string":
      return NOTHING;
    case "selector":
      return ofSelector(expr);
    case "range":
      return ofSelector(expr.selector);
    case "subquery":
    case "unary":
    case "paren":
      return labelShape(expr.expr);
    case "call":
      return ofCall(expr);
    case "aggregate":
      return ofAggregate(expr);
    case "binary":
      return ofBinary(expr);
  }
}

/** True when no series of the expression can have the label. */
export function cannotHave({ possible }: LabelShape, label: string): boolean {
  return possible !== null && !possible.has(label);
}

function ofSelector(selector: VectorSelector): LabelShape {
  const named = selector.matchers.flatMap(({ name, op, value }) =>
    op === "=" && value !== "" && name !== METRIC_NAME ? [name] : [],
  );
  return { certain: new Set([...named, ...labelsOfFamily(metricOf(selector))]), possible: null };
}

function ofCall(call: CallExpr): LabelShape {
  const [first] = call.args;
  switch (call.name) {
    case "absent":
    case "absent_over_time": {
      const selector = first?.kind === "range" ? first.selector : first;
      if (selector?.kind !== "selector") return NOTHING;
      const named = selector.matchers.filter(({ op, name }) => op === "=" && name !== METRIC_NAME);
      const once = named.filter(
        ({ name }) => selector.matchers.filter((other) => other.name === name).length === 1,
      );
      const labels = new Set(once.map(({ name }) => name));
      return { certain: labels, possible: labels };
    }
    case "histogram_quantile":
    case "histogram_fraction": {
      const inner = labelShape(call.args.at(-1) ?? call);
      return without(inner, ["le"]);
    }
    case "label_replace":
    case "label_join": {
      const target = call.args[1];
      const inner = first === undefined ? NOTHING : labelShape(first);
      return target?.kind === "string" ? withPossible(inner, [target.value]) : { ...inner, possible: null };
    }
    default: {
      const vector = call.args.find((arg) => typeOf(arg) === "vector" || typeOf(arg) === "matrix");
      return vector === undefined ? NOTHING : labelShape(vector);
    }
  }
}

function ofAggregate(expr: AggregateExpr): LabelShape {
  const inner = labelShape(expr.expr);
  switch (expr.op) {
    case "topk":
    case "bottomk":
    case "limitk":
    case "limit_ratio":
      return inner;
    default:
      break;
  }
  const kept = expr.without ? without(inner, expr.grouping) : grouped(inner, expr.grouping);
  return expr.op === "count_values" && expr.param?.kind === "string"
    ? withPossible(kept, [expr.param.value])
    : kept;
}

/** Whoever groups by a label expects that it is there. */
function grouped({ possible }: LabelShape, grouping: readonly string[]): LabelShape {
  const labels = new Set(
    grouping.filter((label) => label !== METRIC_NAME && (possible === null || possible.has(label))),
  );
  return { certain: labels, possible: labels };
}

function ofBinary(expr: BinaryExpr): LabelShape {
  const left = typeOf(expr.left) === "vector" ? labelShape(expr.left) : null;
  const right = typeOf(expr.right) === "vector" ? labelShape(expr.right) : null;
  if (left === null || right === null) return left ?? right ?? NOTHING;
  if (expr.op === "or") return either(left, right);
  if (isSetOperator(expr.op)) return left;
  const { cardinality, on, labels, include } = expr.matching;
  switch (cardinality) {
    case "many-to-one":
      return withPossible(left, include);
    case "one-to-many":
      return withPossible(right, include);
    default:
      return on ? grouped(left, labels) : without(left, labels);
  }
}

function either(a: LabelShape, b: LabelShape): LabelShape {
  return {
    certain: a.certain.intersection(b.certain),
    possible: a.possible === null || b.possible === null ? null : a.possible.union(b.possible),
  };
}

function without({ certain, possible }: LabelShape, labels: readonly string[]): LabelShape {
  const gone = new Set(labels);
  return {
    certain: certain.difference(gone),
    possible: possible === null ? null : possible.difference(gone),
  };
}

function withPossible({ certain, possible }: LabelShape, labels: readonly string[]): LabelShape {
  return { certain, possible: possible === null ? null : possible.union(new Set(labels)) };
}
