/** The colour and dash of each series: what is named after an outcome has its colour; after the last colour come dashes. Pure. */
import type { Labels } from "../../api/prometheus.ts";
import type { Outcome, SchemeTokens } from "../../theme/tokens.ts";

export interface SeriesLook {
  color: string;
  dash: "solid" | "dashed" | "dotted";
}

const OUTCOME_OF_STATUS: Readonly<Record<string, Outcome>> = {
  success: "success",
  failure: "failed",
  failed: "failed",
  skipped: "skipped",
};
const DASHES = ["solid", "dashed", "dotted"] as const;

export function seriesLooks(series: readonly Labels[], tokens: SchemeTokens): SeriesLook[] {
  const byStatus = new Set(series.map((labels) => labels.status)).size === series.length && series.length > 1;
  return series.map((labels, index) => {
    const outcome = byStatus ? OUTCOME_OF_STATUS[labels.status ?? ""] : undefined;
    if (outcome !== undefined) return { color: tokens.outcomes[outcome].fill, dash: "solid" };
    return {
      color: tokens.series[index % tokens.series.length] ?? tokens.accentText,
      dash: DASHES[Math.floor(index / tokens.series.length) % DASHES.length] ?? "solid",
    };
  });
}
