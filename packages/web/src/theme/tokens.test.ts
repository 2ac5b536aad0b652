import { describe, expect, it } from "vitest";
import { cssVariables, DARK, LIGHT, OUTCOMES, type SchemeTokens } from "./tokens.ts";

const TEXT = 4.5;
const SHAPE = 3;

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function tooLow(tokens: SchemeTokens): string[] {
  const surfaces = {
    page: tokens.page,
    surface: tokens.surface,
    raised: tokens.raised,
    sunken: tokens.sunken,
  };
  const found: string[] = [];
  const check = (name: string, front: string, back: string, least: number) => {
    const ratio = contrast(front, back);
    if (ratio < least) found.push(`${name}: ${ratio.toFixed(2)} < ${least}`);
  };
  for (const [where, back] of Object.entries(surfaces)) {
    for (const word of ["text", "dim", "faint", "accentText"] as const)
      check(`${word} on ${where}`, tokens[word], back, TEXT);
    if (where !== "sunken")
      for (const color of tokens.series) check(`line ${color} on ${where}`, color, back, SHAPE);
    for (const outcome of OUTCOMES) {
      check(`${outcome} text on ${where}`, tokens.outcomes[outcome].text, back, TEXT);
      if (where !== "sunken")
        check(`${outcome} fill on ${where}`, tokens.outcomes[outcome].fill, back, SHAPE);
    }
  }
  for (const outcome of OUTCOMES)
    check(`${outcome} on its soft`, tokens.outcomes[outcome].text, tokens.outcomes[outcome].soft, TEXT);
  check("button words", tokens.onAccent, tokens.accentFill, TEXT);
  check("chosen words", tokens.accentText, tokens.accentSoft, TEXT);
  check("input edge", tokens.lineStrong, tokens.surface, SHAPE);
  return found;
}

describe("the colour tokens", () => {
  it.each([
    ["light", LIGHT],
    ["dark", DARK],
  ])("meet WCAG AA in the %s scheme", (_name, tokens) => {
    expect(tooLow(tokens)).toEqual([]);
  });

  it("become CSS variables with dashes", () => {
    const variables = cssVariables(LIGHT);
    expect(variables["--bw-line-strong"]).toBe(LIGHT.lineStrong);
    expect(variables["--bw-dead-soft"]).toBe(LIGHT.outcomes.dead.soft);
  });
});
