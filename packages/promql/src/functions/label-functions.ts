/** label_replace and label_join: labels made from labels; values stay as they are. */
import { RE2JS } from "re2js";
import { withLabel } from "../evaluate/label-sets.ts";
import { mergeEqualLabels } from "../evaluate/merge-series.ts";
import { type EvalValue, relabeled, vectorOf } from "../evaluate/values.ts";
import { isValidUtf8 } from "../go-format/quoted-text.ts";
import { labelValue, METRIC_NAME } from "../labels.ts";
import { QueryError } from "../query-error.ts";
import { stringArgument, type ValueCall, type ValueFunction, vectorArgument } from "./function-kinds.ts";

function isLabelName(name: string): boolean {
  return name !== "" && isValidUtf8(name);
}

function labelReplace({ args }: ValueCall): EvalValue {
  const target = stringArgument(args, 1);
  const template = stringArgument(args, 2);
  const source = stringArgument(args, 3);
  const pattern = compilePattern(stringArgument(args, 4));
  if (!isLabelName(target))
    throw new QueryError("execution", `invalid destination label name in label_replace(): ${target}`);
  const columns = vectorArgument(args, 0).map((column) => {
    const text = labelValue(column.labels, source);
    const match = pattern.matcher(text);
    if (!match.matches()) return column;
    const labels = withLabel(column.labels, target, expandTemplate(template, match, pattern));
    return relabeled(column, labels, target === METRIC_NAME ? false : column.dropName);
  });
  return vectorOf(mergeEqualLabels(columns));
}

function compilePattern(text: string): RE2JS {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL);
  } catch {
    throw new QueryError("execution", `invalid regular expression in label_replace(): ${text}`);
  }
}

const REFERENCE = /\$(?:\$|\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g;

/** `$1`, `${1}`, `$name`, `${name}`, `$$`, as Go's regexp.Expand: a group that is not there is empty. */
function expandTemplate(template: string, match: ReturnType<RE2JS["matcher"]>, pattern: RE2JS): string {
  return template.replace(REFERENCE, (whole, braced: string | undefined, plain: string | undefined) => {
    if (whole === "$$") return "$";
    const name = braced ?? plain ?? "";
    if (/^\d+$/.test(name))
      return Number(name) <= pattern.groupCount() ? (match.group(Number(name)) ?? "") : "";
    return name in pattern.namedGroups() ? (match.group(name) ?? "") : "";
  });
}

function labelJoin({ args }: ValueCall): EvalValue {
  const target = stringArgument(args, 1);
  const separator = stringArgument(args, 2);
  const sources = args.slice(3).map((_, index) => stringArgument(args, index + 3));
  for (const source of sources)
    if (!isLabelName(source))
      throw new QueryError("execution", `invalid source label name in label_join(): ${source}`);
  if (!isLabelName(target))
    throw new QueryError("execution", `invalid destination label name in label_join(): ${target}`);
  const columns = vectorArgument(args, 0).map((column) => {
    const text = sources.map((source) => labelValue(column.labels, source)).join(separator);
    return relabeled(
      column,
      withLabel(column.labels, target, text),
      target === METRIC_NAME ? false : column.dropName,
    );
  });
  return vectorOf(mergeEqualLabels(columns));
}

export const LABEL_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  label_replace: { kind: "value", evaluate: labelReplace },
  label_join: { kind: "value", evaluate: labelJoin },
};
