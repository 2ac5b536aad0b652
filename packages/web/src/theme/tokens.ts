/**
 * Every colour of the pages, once, for both schemes. Mantine's theme, the CSS variables (`--bw-…`) and the ECharts
 * theme are made from it. tokens.test.ts holds the contrasts to WCAG AA.
 */

/** What became of something; each has a colour, a shape (OutcomeMark) and a word. */
export const OUTCOMES = [
  "success",
  "running",
  "late",
  "failed",
  "lost",
  "unknown",
  "skipped",
  "dead",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

interface OutcomeColors {
  /** Bars and marks: at least 3:1 against every surface. */
  fill: string;
  /** Words: at least 4.5:1 against every surface and its own `soft`. */
  text: string;
  /** Behind words. */
  soft: string;
}

export interface SchemeTokens {
  page: string;
  surface: string;
  raised: string;
  sunken: string;
  line: string;
  lineStrong: string;
  text: string;
  dim: string;
  faint: string;
  accentText: string;
  accentFill: string;
  accentSoft: string;
  onAccent: string;
  shadow: string;
  outcomes: Record<Outcome, OutcomeColors>;
  /** Of lines and slices that stand for no outcome; neighbours differ in hue and in lightness. */
  series: readonly string[];
}

export const LIGHT: SchemeTokens = {
  page: "#f6f7f9",
  surface: "#ffffff",
  raised: "#ffffff",
  sunken: "#eef0f4",
  line: "#dde1e7",
  lineStrong: "#8691a0",
  text: "#161a20",
  dim: "#4a5461",
  faint: "#5d6775",
  accentText: "#3b48c4",
  accentFill: "#4452d6",
  accentSoft: "#e9ebfd",
  onAccent: "#ffffff",
  shadow: "0 8px 24px rgb(22 26 32 / 14%)",
  outcomes: {
    success: { fill: "#12897a", text: "#0a665b", soft: "#dff3f0" },
    running: { fill: "#2878dc", text: "#1a5cae", soft: "#e2edfb" },
    late: { fill: "#b97400", text: "#7d4e00", soft: "#fcefd6" },
    failed: { fill: "#d02f3d", text: "#ab1d2b", soft: "#fce5e7" },
    lost: { fill: "#b32d9d", text: "#90217e", soft: "#f9e4f5" },
    unknown: { fill: "#77828f", text: "#4a5461", soft: "#e9ecf0" },
    skipped: { fill: "#7f8997", text: "#4a5461", soft: "#f0f2f5" },
    dead: { fill: "#861122", text: "#861122", soft: "#f5dde0" },
  },
  series: ["#4452d6", "#c2571a", "#0b7f8c", "#a3439e", "#5d7a12", "#2f6fb5", "#9c6b12", "#6b4fb3"],
};

export const DARK: SchemeTokens = {
  page: "#101318",
  surface: "#171b21",
  raised: "#1f242c",
  sunken: "#0b0e12",
  line: "#2a313a",
  lineStrong: "#6a7685",
  text: "#e7eaef",
  dim: "#adb6c2",
  faint: "#929daa",
  accentText: "#a2adff",
  accentFill: "#5461e0",
  accentSoft: "#252b52",
  onAccent: "#ffffff",
  shadow: "0 8px 24px rgb(0 0 0 / 50%)",
  outcomes: {
    success: { fill: "#2eae9c", text: "#57cdbc", soft: "#12312e" },
    running: { fill: "#4a96f5", text: "#86bcff", soft: "#15294a" },
    late: { fill: "#dd9b35", text: "#f0b65a", soft: "#3a2a10" },
    failed: { fill: "#ec5862", text: "#ff9398", soft: "#421a1f" },
    lost: { fill: "#d460be", text: "#ef95dc", soft: "#3d1a37" },
    unknown: { fill: "#818c9a", text: "#b3bcc7", soft: "#272d35" },
    skipped: { fill: "#727d8b", text: "#adb6c2", soft: "#20262d" },
    dead: { fill: "#cb3a4c", text: "#ff9398", soft: "#35121a" },
  },
  series: ["#8f9bff", "#f0935a", "#4fc3cf", "#dd86d8", "#a5c34f", "#6fb0f5", "#dcb04f", "#b39af0"],
};

/** The tokens as CSS custom properties: `--bw-page`, `--bw-failed`, `--bw-failed-text`, `--bw-failed-soft`, … */
export function cssVariables(tokens: SchemeTokens): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(tokens)) {
    if (typeof value === "string") variables[`--bw-${dashed(name)}`] = value;
  }
  for (const outcome of OUTCOMES) {
    const colors = tokens.outcomes[outcome];
    variables[`--bw-${outcome}`] = colors.fill;
    variables[`--bw-${outcome}-text`] = colors.text;
    variables[`--bw-${outcome}-soft`] = colors.soft;
  }
  return variables;
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
