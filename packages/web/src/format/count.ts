/** Counts, rates, shares and sizes in words, each in one way: "9 999", "12.3 k", "1.2 M", "84 /s", "1.4 GiB". */
import { ABSENT } from "./duration.ts";

const GAP = "\u00a0";
const STEPS = [
  { from: 999_500_000_000, unit: "T", size: 1e12 },
  { from: 999_500_000, unit: "G", size: 1e9 },
  { from: 999_500, unit: "M", size: 1e6 },
  { from: 10_000, unit: "k", size: 1e3 },
] as const;
const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Three figures that matter. Below 10 000 every one of them. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return ABSENT;
  for (const step of STEPS) {
    if (Math.abs(count) >= step.from) return `${threeFigures(count / step.size)}${GAP}${step.unit}`;
  }
  return formatExactCount(count);
}

/** Every figure, in groups of three: "150 000". */
export function formatExactCount(count: number): string {
  const rounded = Math.round(count * 100) / 100;
  const [whole = "0", fraction] = String(Math.abs(rounded)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, GAP);
  return `${rounded < 0 ? "−" : ""}${grouped}${fraction ? `.${fraction}` : ""}`;
}

export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return ABSENT;
  const figure = perSecond >= 100 ? formatCount(Math.round(perSecond)) : threeFigures(perSecond);
  return `${figure}${GAP}/s`;
}

/** A share of 1: "0.4 %", "37 %". */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return ABSENT;
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.1) return `<${GAP}0.1${GAP}%`;
  return `${percent < 10 ? trimZero(percent.toFixed(1)) : Math.round(percent)}${GAP}%`;
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return ABSENT;
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : threeFigures(value)}${GAP}${SIZE_UNITS[unit]}`;
}

/** "1 run", "12 runs". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function threeFigures(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return String(Math.round(value));
  return trimZero(value.toFixed(size >= 9.995 ? 1 : size >= 1 ? 1 : 2));
}

function trimZero(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
