/** Which threshold a value has reached, and the colours of thresholds in the page's own. Pure. */
import type { Outcome, SchemeTokens } from "../../theme/tokens.ts";

export interface Threshold {
  value: number;
  color: string;
}

const OUTCOME_OF: Readonly<Record<string, Outcome>> = {
  green: "success",
  yellow: "late",
  orange: "late",
  red: "failed",
  "dark-red": "dead",
  blue: "running",
  purple: "lost",
  grey: "unknown",
};

/** `thresholds` lowest first; null below the lowest and for what is no number. */
export function reached(thresholds: readonly Threshold[], value: number): Threshold | null {
  return thresholds.findLast((threshold) => value >= threshold.value) ?? null;
}

/** The shape that stands for a colour, so that it is never alone; null for a colour of one's own. */
export function outcomeOfColor(color: string): Outcome | null {
  return OUTCOME_OF[color] ?? null;
}

export function colorOf(color: string, tokens: SchemeTokens): string {
  const outcome = outcomeOfColor(color);
  return outcome === null ? color : tokens.outcomes[outcome].fill;
}

/** For words. A colour of one's own is taken as it is. */
export function textColorOf(color: string, tokens: SchemeTokens): string {
  const outcome = outcomeOfColor(color);
  return outcome === null ? color : tokens.outcomes[outcome].text;
}
