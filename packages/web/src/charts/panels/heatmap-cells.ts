/**
 * The cells of a heatmap. Buckets of a histogram (series with `le`) become rows of what fell between two bounds: summed
 * over all other labels, each bucket less the one below it. Without `le`, each series is a row. Pure.
 */
import type { Labels, RangeSeries } from "../../api/prometheus.ts";

interface HeatmapRow {
  name: string;
  /** Upper bound of a bucket; null where the row is a series. */
  bound: number | null;
}

interface HeatmapCell {
  row: number;
  at: number;
  value: number;
}

export interface Heatmap {
  /** Lowest first. */
  rows: readonly HeatmapRow[];
  cells: readonly HeatmapCell[];
}

/** A rounding error of the rates, not a count. */
const LEAST_SHARE = 1e-9;

export function heatmapOf(
  series: readonly RangeSeries[],
  naming: { nameOf: (labels: Labels) => string; boundWords: (bound: number) => string },
): Heatmap {
  const isHistogram = series.length > 0 && series.every(({ labels }) => labels.le !== undefined);
  return isHistogram ? bucketRows(series, naming.boundWords) : seriesRows(series, naming.nameOf);
}

function bucketRows(series: readonly RangeSeries[], boundWords: (bound: number) => string): Heatmap {
  const cumulative = new Map<number, Map<number, number>>();
  for (const { labels, times, values } of series) {
    const bound = /^\+?inf$/i.test(labels.le ?? "") ? Number.POSITIVE_INFINITY : Number(labels.le);
    if (Number.isNaN(bound)) continue;
    const row = cumulative.get(bound) ?? new Map<number, number>();
    cumulative.set(bound, row);
    times.forEach((at, index) => {
      const value = values[index] ?? Number.NaN;
      if (Number.isFinite(value)) row.set(at, (row.get(at) ?? 0) + value);
    });
  }
  const bounds = [...cumulative.keys()].sort((a, b) => a - b);
  const all = cells(bounds, cumulative);
  const used = new Set(all.map(({ row }) => row));
  // What nothing ever fell into above and below is left out; between two used rows all stay, so that height means size.
  const first = Math.min(...used);
  const last = Math.max(...used);
  if (used.size === 0) return { rows: [], cells: [] };
  return {
    rows: bounds.slice(first, last + 1).map((bound) => ({ name: wordsOf(bound, bounds, boundWords), bound })),
    cells: all.map((cell) => ({ ...cell, row: cell.row - first })),
  };
}

function cells(
  bounds: readonly number[],
  cumulative: ReadonlyMap<number, ReadonlyMap<number, number>>,
): HeatmapCell[] {
  const found: HeatmapCell[] = [];
  bounds.forEach((bound, row) => {
    const below = cumulative.get(bounds[row - 1] ?? Number.NaN);
    for (const [at, value] of cumulative.get(bound) ?? []) {
      const inside = value - (below?.get(at) ?? 0);
      if (inside > LEAST_SHARE * Math.max(1e-6, value)) found.push({ row, at, value: inside });
    }
  });
  return found;
}

function wordsOf(bound: number, bounds: readonly number[], words: (bound: number) => string): string {
  if (Number.isFinite(bound)) return `≤ ${words(bound)}`;
  const highest = bounds.at(-2);
  return highest === undefined ? "all" : `> ${words(highest)}`;
}

function seriesRows(series: readonly RangeSeries[], nameOf: (labels: Labels) => string): Heatmap {
  return {
    rows: series.map(({ labels }) => ({ name: nameOf(labels), bound: null })),
    cells: series.flatMap(({ times, values }, row) =>
      times.flatMap((at, index) => {
        const value = values[index] ?? Number.NaN;
        return Number.isFinite(value) ? [{ row, at, value }] : [];
      }),
    ),
  };
}
