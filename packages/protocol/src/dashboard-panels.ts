/** What a panel of a dashboard can be: its types, the units of its values, the colours of its thresholds. */

export const PANEL_TYPES = ["timeseries", "stat", "table", "heatmap", "piechart", "state-timeline"] as const;
export type PanelType = (typeof PANEL_TYPES)[number];

/** What the values of a panel are; it decides how they are written. */
export const PANEL_UNITS = [
  "none",
  "count",
  "percent",
  "ratio",
  "seconds",
  "milliseconds",
  "bytes",
  "per_second",
  "per_minute",
  "timestamp",
] as const;
export type PanelUnit = (typeof PANEL_UNITS)[number];

/** Each stands for a state in the page's own colours; `#rrggbb` is taken as it is. */
export const THRESHOLD_COLORS = [
  "green",
  "yellow",
  "orange",
  "red",
  "dark-red",
  "blue",
  "purple",
  "grey",
] as const;
export type ThresholdColor = (typeof THRESHOLD_COLORS)[number];

/** Panels whose queries are asked over the whole range; the others are asked once, at its end. */
export function isRangePanel(type: PanelType): boolean {
  return type === "timeseries" || type === "heatmap" || type === "state-timeline";
}

/**
 * The unit that the text of a query gives away, for files that state none: quantiles of a histogram named `…_seconds`
 * are seconds, and so are its buckets in a heatmap; what ends in `* 100` is percent.
 */
export function unitOfQuery(query: string, type: PanelType = "timeseries"): PanelUnit {
  const text = query.replaceAll(/#.*$/gm, "").replaceAll(/\s+/g, " ").trim();
  if (/^histogram_quantile\(.*_seconds(_bucket)?\b/.test(text)) return "seconds";
  if (type === "heatmap" && /_seconds_bucket\b/.test(text)) return "seconds";
  if (/[)\w] ?\* ?100$/.test(text) && text.includes("/")) return "percent";
  return "none";
}
