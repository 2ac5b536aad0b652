/**
 * Arithmetic and comparisons between two vectors: series are paired by signature, one side of a pair must be unique in
 * each step. Signatures and result labels are worked out once for a pair; then whole columns are combined.
 */
import { filterLabels, isMetadataLabel, withLabel } from "../evaluate/label-sets.ts";
import { DUPLICATE_LABELS } from "../evaluate/merge-series.ts";
import { type Column, isEmptyColumn, newColumn, type VectorValue, vectorOf } from "../evaluate/values.ts";
import { labelsText } from "../go-format/label-text.ts";
import { type Labels, labelValue } from "../labels.ts";
import type { BinaryExpr, VectorMatching } from "../parse/ast.ts";
import { QueryError } from "../query-error.ts";
import { type PairOperation, pairOperation } from "./operators.ts";
import { anyPresent, type MatchGroup, matchedLabels, matchGroups } from "./signatures.ts";

/** How the two sides are laid out: `many` may have several series in a group, `one` may not. */
interface Layout {
  readonly matching: VectorMatching;
  readonly operation: PairOperation;
  readonly returnBool: boolean;
  readonly oneIsLeft: boolean;
  readonly count: number;
  /** What stands in for a missing series of each side. */
  readonly fillMany: number | undefined;
  readonly fillOne: number | undefined;
}

export function combineVectors(
  { op, matching, returnBool }: BinaryExpr,
  left: readonly Column[],
  right: readonly Column[],
  count: number,
): VectorValue {
  const oneIsLeft = matching.cardinality === "one-to-many";
  const layout: Layout = {
    matching,
    operation: pairOperation(op, returnBool),
    returnBool,
    oneIsLeft,
    count,
    // As in Prometheus, `fill_left` fills the many side and `fill_right` the one side also under `group_right`.
    fillMany: matching.fillLeft,
    fillOne: matching.fillRight,
  };
  const fills = layout.fillMany !== undefined || layout.fillOne !== undefined;
  if ((left.length === 0 || right.length === 0) && !fills) return vectorOf([]);
  const active = fills ? undefined : bothPresent(left, right, count);
  const results = new Results(layout);
  for (const group of matchGroups(left, right, matching)) {
    const many = oneIsLeft ? group.right : group.left;
    const one = oneIsLeft ? group.left : group.right;
    combineGroup({ left: many, right: one }, layout, active, results);
  }
  return vectorOf(results.columns());
}

/** A step in which a side is wholly empty is not looked at: nothing can match, so nothing is ambiguous either. */
function bothPresent(left: readonly Column[], right: readonly Column[], count: number): Uint8Array {
  const leftPresent = anyPresent(left, count);
  const rightPresent = anyPresent(right, count);
  const present = new Uint8Array(count);
  for (let step = 0; step < count; step++)
    if (leftPresent[step] === 1 && rightPresent[step] === 1) present[step] = 1;
  return present;
}

/** `group.left` is the many side, `group.right` the one side. */
function combineGroup(
  { left: many, right: one }: MatchGroup,
  layout: Layout,
  active: Uint8Array | undefined,
  results: Results,
): void {
  checkUnique(one, layout, active);
  const matched = new MatchedSteps(layout);
  for (const left of many) {
    for (const right of one) results.add(left, right, bothSteps(left, right), matched);
    if (layout.fillOne === undefined) continue;
    const missing = stepsWithout(left, one);
    if (missing === undefined) continue;
    results.add(left, standIn(left, layout.fillOne, layout), missing, matched);
  }
  if (layout.fillMany === undefined) return;
  for (const right of one) {
    const missing = stepsWithout(right, many);
    if (missing !== undefined) results.add(standIn(right, layout.fillMany, layout), right, missing, matched);
  }
}

function standIn(partner: Column, value: number, { matching, count }: Layout): Column {
  const column = newColumn(matchedLabels(partner.labels, matching), false, count);
  column.values.fill(value);
  return column;
}

function bothSteps(left: Column, right: Column): Uint8Array {
  const steps = new Uint8Array(left.present.length);
  for (let step = 0; step < steps.length; step++)
    steps[step] = (left.present[step] as number) & (right.present[step] as number);
  return steps;
}

/** The steps in which the column has a value and none of the partners has; undefined when there are none. */
function stepsWithout(column: Column, partners: readonly Column[]): Uint8Array | undefined {
  const taken = anyPresent(partners, column.present.length);
  const steps = new Uint8Array(column.present.length);
  let found = false;
  for (let step = 0; step < steps.length; step++) {
    if (column.present[step] === 0 || taken[step] === 1) continue;
    steps[step] = 1;
    found = true;
  }
  return found ? steps : undefined;
}

function checkUnique(one: readonly Column[], layout: Layout, active: Uint8Array | undefined): void {
  if (one.length < 2) return;
  for (let step = 0; step < layout.count; step++) {
    if (active !== undefined && active[step] === 0) continue;
    const present = one.filter((column) => column.present[step] === 1);
    const [first, second] = present;
    if (first === undefined || second === undefined) continue;
    const side = layout.oneIsLeft ? "left" : "right";
    throw new QueryError(
      "execution",
      `found duplicate series for the match group ${labelsText(matchedLabels(second.labels, layout.matching))} ` +
        `on the ${side} hand-side of the operation: [${labelsText(second.labels)}, ${labelsText(first.labels)}]` +
        ";many-to-many matching not allowed: matching labels must be unique on one side",
    );
  }
}

/** Which steps of a match group already have a result: a second one is ambiguous, even if a comparison filters it out. */
class MatchedSteps {
  readonly #layout: Layout;
  readonly #byLabels = new Map<string, Uint8Array>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** `steps` are those of a new pair whose result has these labels. */
  claim(labels: Labels, steps: Uint8Array): void {
    const oneToOne = this.#layout.matching.cardinality === "one-to-one";
    const key = oneToOne ? "" : labels.key;
    const known = this.#byLabels.get(key);
    if (known === undefined) {
      this.#byLabels.set(key, steps.slice());
      return;
    }
    for (let step = 0; step < steps.length; step++) {
      if (steps[step] === 0) continue;
      if (known[step] === 1)
        throw new QueryError(
          "execution",
          oneToOne
            ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            : "multiple matches for labels: grouping labels must ensure unique matches",
        );
      known[step] = 1;
    }
  }
}

class Results {
  readonly #layout: Layout;
  readonly #columns = new Map<string, Column>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  columns(): Column[] {
    return [...this.#columns.values()].filter((column) => !isEmptyColumn(column));
  }

  /** Combines a pair in the given steps. */
  add(many: Column, one: Column, steps: Uint8Array, matched: MatchedSteps): void {
    const { operation, oneIsLeft, returnBool, count } = this.#layout;
    if (!steps.includes(1)) return;
    const labels = resultLabels(many.labels, one.labels, this.#layout);
    matched.claim(labels, steps);
    let result = this.#columns.get(labels.key);
    const isNew = result === undefined;
    result ??= newColumn(labels, returnBool || (many.dropName && !operation.changesMetric), count);
    if (isNew) this.#columns.set(labels.key, result);
    const left = oneIsLeft ? one : many;
    const right = oneIsLeft ? many : one;
    for (let step = 0; step < count; step++) {
      if (steps[step] === 0) continue;
      const leftValue = left.values[step] as number;
      const rightValue = right.values[step] as number;
      if (!operation.keeps(leftValue, rightValue)) continue;
      if (result.present[step] === 1) throw new QueryError("execution", DUPLICATE_LABELS);
      result.values[step] = operation.value(leftValue, rightValue);
      result.present[step] = 1;
    }
  }
}

function resultLabels(many: Labels, one: Labels, { matching, operation }: Layout): Labels {
  let labels = operation.changesMetric ? filterLabels(many, (name) => !isMetadataLabel(name)) : many;
  if (matching.cardinality === "one-to-one") {
    const listed = new Set(matching.labels);
    labels = filterLabels(labels, (name) => listed.has(name) === matching.on);
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name));
  return labels;
}
