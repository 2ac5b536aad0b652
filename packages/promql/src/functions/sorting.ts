/** sort, sort_desc, sort_by_label, sort_by_label_desc: the order of an instant result. A range result is sorted by labels. */
import { type Column, type EvalValue, vectorOf } from "../evaluate/values.ts";
import { compareLabels, compareText, labelValue } from "../labels.ts";
import { stringArgument, type ValueCall, type ValueFunction, vectorArgument } from "./function-kinds.ts";

type Order = (a: Column, b: Column) => number;

function sorting(orderOf: (call: ValueCall) => Order): ValueFunction {
  return {
    kind: "value",
    evaluate: (call): EvalValue => {
      const { args, grid, context } = call;
      if (grid.startAt !== grid.endAt)
        context.annotations.warn(
          call.call.span,
          "sort is ineffective for range queries since results are always ordered by labels",
        );
      return vectorOf([...vectorArgument(args, 0)].sort(orderOf(call)));
    },
  };
}

/** NaN comes last in either direction. */
function byValue(direction: 1 | -1): Order {
  return (a, b) => {
    const left = a.values[0] ?? Number.NaN;
    const right = b.values[0] ?? Number.NaN;
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    if (left === right) return 0;
    return left < right ? -direction : direction;
  };
}

function byLabels(direction: 1 | -1): (call: ValueCall) => Order {
  return ({ args }) => {
    const names = args.slice(1).map((_, index) => stringArgument(args, index + 1));
    return (a, b) => {
      for (const name of names) {
        const order = compareNaturally(labelValue(a.labels, name), labelValue(b.labels, name));
        if (order !== 0) return direction * order;
      }
      return direction * compareLabels(a.labels, b.labels);
    };
  };
}

/** Runs of digits compare as numbers: node9 before node10. */
function compareNaturally(left: string, right: string): number {
  if (left === right) return 0;
  const leftParts = left.match(/\d+|\D+/g) ?? [];
  const rightParts = right.match(/\d+|\D+/g) ?? [];
  const shared = Math.min(leftParts.length, rightParts.length);
  for (let index = 0; index < shared; index++) {
    const order = comparePart(leftParts[index] ?? "", rightParts[index] ?? "");
    if (order !== 0) return order;
  }
  return leftParts.length - rightParts.length || compareText(left, right);
}

function comparePart(left: string, right: string): number {
  if (/^\d/.test(left) && /^\d/.test(right)) {
    const difference = BigInt(left) - BigInt(right);
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  }
  return compareText(left, right);
}

export const SORT_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  sort: sorting(() => byValue(1)),
  sort_desc: sorting(() => byValue(-1)),
  sort_by_label: sorting(byLabels(1)),
  sort_by_label_desc: sorting(byLabels(-1)),
};
