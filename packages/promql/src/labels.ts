/**
 * A set of labels: names and values in the order of their names (code points), no empty value, the metric name as
 * `__name__`. Immutable; `key` is equal exactly when two sets are equal, so maps are keyed by it.
 */
export interface Labels {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly key: string;
}

export const METRIC_NAME = "__name__";

const SEPARATOR = "\u{ff}";

/** From pairs in any order; empty values are dropped; of a name given twice the last stays. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  const byName = new Map<string, string>();
  for (const [name, value] of pairs) byName.set(name, value);
  const sorted = [...byName].filter(([, value]) => value !== "").sort(([a], [b]) => compareText(a, b));
  return sortedLabels(
    sorted.map(([name]) => name),
    sorted.map(([, value]) => value),
  );
}

/** The caller warrants the order and that no value is empty. */
export function sortedLabels(names: readonly string[], values: readonly string[]): Labels {
  let key = "";
  for (let index = 0; index < names.length; index++)
    key += `${names[index]}${SEPARATOR}${values[index]}${SEPARATOR}`;
  return { names, values, key };
}

export const NO_LABELS: Labels = sortedLabels([], []);

/** The value of a label, empty where it is missing (PromQL knows no difference). */
export function labelValue(labels: Labels, name: string): string {
  const index = labels.names.indexOf(name);
  return index < 0 ? "" : (labels.values[index] ?? "");
}

/** By pairs of name and value in the order of names, as Prometheus sorts series. */
export function compareLabels(a: Labels, b: Labels): number {
  const shared = Math.min(a.names.length, b.names.length);
  for (let index = 0; index < shared; index++) {
    const order =
      compareText(a.names[index] ?? "", b.names[index] ?? "") ||
      compareText(a.values[index] ?? "", b.values[index] ?? "");
    if (order !== 0) return order;
  }
  return a.names.length - b.names.length;
}

/** By code points: UTF-16 units would put the astral planes before U+E000. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Moves surrogates behind the rest of the basic plane, which is where their code points are. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
