/** The colours of a heatmap: from hardly anything to the most there is. Pure. */
import type { SchemeTokens } from "../../theme/tokens.ts";
import type { Heatmap } from "./heatmap-cells.ts";

export function highestOf({ cells }: Heatmap): number {
  return cells.reduce((most, { value }) => Math.max(most, value), 0) || 1;
}

/** On a square-root scale, so that a single run is seen beside a rush. */
export function heatColor(share: number, tokens: SchemeTokens): string {
  return mixed(tokens.accentSoft, tokens.accentText, Math.sqrt(Math.min(1, Math.max(0, share))));
}

function mixed(low: string, high: string, share: number): string {
  const part = (hex: string, at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  const channels = [1, 3, 5].map((at) =>
    Math.round(part(low, at) + (part(high, at) - part(low, at)) * share),
  );
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
