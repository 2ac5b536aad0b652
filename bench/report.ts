/** What a benchmark answers, and how it is printed: the median of several rounds, the budget beside it. */

export interface Figure {
  what: string;
  /** One value a round. */
  values: readonly number[];
  unit: string;
  /** From the design's list of budgets; null = for information. */
  budget: { kind: "at most" | "at least"; value: number } | null;
}

export interface Report {
  title: string;
  figures: readonly Figure[];
  /** How it was measured, in a sentence. */
  note?: string;
}

/** A file of this folder that `npm run bench -- NAME` can run. */
export interface Benchmark {
  /** @param args what stands behind the name */
  run(args: readonly string[]): Promise<readonly Report[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Null where there is no budget. */
export function isWithinBudget({ values, budget }: Figure): boolean | null {
  if (budget === null) return null;
  return budget.kind === "at most" ? median(values) <= budget.value : median(values) >= budget.value;
}

/** The report as an aligned table. */
export function reportText({ title, figures, note }: Report): string {
  const lines = [
    ["", "median", "lowest", "highest", "budget", ""],
    ...figures.map((figure) => [
      figure.what,
      `${shown(median(figure.values))} ${figure.unit}`,
      shown(Math.min(...figure.values)),
      shown(Math.max(...figure.values)),
      figure.budget === null ? "" : `${figure.budget.kind} ${shown(figure.budget.value)} ${figure.unit}`,
      { true: "ok", false: "OVER BUDGET", null: "" }[String(isWithinBudget(figure))] ?? "",
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  const rows = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [title, ...rows, ...(note === undefined ? [] : [note])].join("\n");
}

function shown(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 1000 ? 1 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits }).replaceAll(",", " ");
}
