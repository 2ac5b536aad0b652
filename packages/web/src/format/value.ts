/** A value of a metric in words, by the unit that its panel states: "97.5 %", "4 m 05 s", "1.4 GiB", "84 /min". */
import type { PanelUnit } from "@batchwatch/protocol";
import { formatBytes, formatCount } from "./count.ts";
import { ABSENT, formatDuration } from "./duration.ts";
import { formatInstant } from "./instant.ts";

const GAP = "\u00a0";

export interface ValueStyle {
  unit: PanelUnit;
  /** Digits after the point; null = as many as matter. */
  decimals?: number | null;
  /** For instants. */
  zone?: string;
}

export function formatValue(value: number | null | undefined, style: ValueStyle): string {
  if (value === null || value === undefined) return ABSENT;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  const number = (of: number) =>
    typeof style.decimals === "number" ? minus(of.toFixed(style.decimals)) : formatNumber(of);
  switch (style.unit) {
    case "none":
      return number(value);
    // There are no parts of a run: what an extrapolation leaves behind the point is none.
    case "count":
      return typeof style.decimals === "number" ? number(value) : formatCount(Math.round(value));
    case "percent":
      return `${number(value)}${GAP}%`;
    case "ratio":
      return `${number(value * 100)}${GAP}%`;
    case "seconds":
      return formatLength(value * 1_000);
    case "milliseconds":
      return formatLength(value);
    case "bytes":
      return value < 0 ? `−${formatBytes(-value)}` : formatBytes(value);
    case "per_second":
      return `${number(value)}${GAP}/s`;
    case "per_minute":
      return `${number(value)}${GAP}/min`;
    case "timestamp":
      return formatInstant(value * 1_000, {
        zone: style.zone ?? "UTC",
        nowAt: Date.now(),
        withDay: true,
        seconds: true,
        withZone: true,
      });
  }
}

/** Three figures that matter, small ones too: "0.00123", "12.3", "9 999", "1.2 M"; out of measure as powers of ten. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e15 || size < 1e-6) return minus(value.toExponential(2));
  if (size >= 1_000) return formatCount(Math.round(value));
  return minus(String(Number(value.toPrecision(3))));
}

function formatLength(ms: number): string {
  const size = Math.abs(ms);
  if (size === 0) return "0";
  return size < 10 ? `${formatNumber(ms)}${GAP}ms` : formatDuration(ms);
}

function minus(text: string): string {
  return text.replace(/^-/, "−");
}
