/** A table's rows: one for each set of labels, with a value for each query. Pure. */
import type { InstantSample, Labels } from "../../../api/prometheus.ts";
import type { Templated } from "../panel-data.ts";

export interface TableRow {
  key: string;
  labels: Labels;
  /** By query; null where it has none for these labels. */
  values: readonly (number | null)[];
}

export interface TableShape {
  labelNames: readonly string[];
  rows: readonly TableRow[];
}

/** @param keepOrder as the engine answered (a query that sorts); else the largest first value comes first */
export function tableShape(
  samples: readonly (InstantSample & Templated)[],
  queryCount: number,
  keepOrder: boolean,
): TableShape {
  const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rows = new Map<string, { key: string; labels: Labels; values: (number | null)[] }>();
  for (const { labels, value, queryIndex } of samples) {
    const key = JSON.stringify(labelNames.map((name) => labels[name] ?? null));
    const row = rows.get(key) ?? { key, labels, values: Array.from({ length: queryCount }, () => null) };
    row.values[queryIndex] = value;
    rows.set(key, row);
  }
  const list = [...rows.values()];
  return { labelNames, rows: keepOrder ? list : list.sort((a, b) => rank(b) - rank(a)) };
}

export function sortsItself(query: string): boolean {
  return /^(sort|topk|bottomk)/.test(query.replaceAll(/#.*$/gm, "").trim());
}

function rank({ values }: TableRow): number {
  const first = values[0] ?? Number.NEGATIVE_INFINITY;
  return Number.isFinite(first) ? first : Number.MIN_SAFE_INTEGER;
}
