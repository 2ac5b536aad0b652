/** Prometheus's humanize functions, which make numbers readable: four significant digits and a prefix. */
import { formatFloat } from "./go-decimal.ts";
import { timeString } from "./go-time.ts";

const UP = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const UP_1024 = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const DOWN = ["m", "u", "n", "p", "f", "a", "z", "y"];

export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return four(value);
  if (Math.abs(value) >= 1) return scaledDown(value, 1000, UP);
  return scaledUp(value, "");
}

export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return four(value);
  return scaledDown(value, 1024, UP_1024);
}

function scaledDown(value: number, base: number, prefixes: readonly string[]): string {
  let rest = value;
  let prefix = "";
  for (const next of prefixes) {
    if (Math.abs(rest) < base) break;
    prefix = next;
    rest /= base;
  }
  return four(rest) + prefix;
}

function scaledUp(value: number, unit: string): string {
  let rest = value;
  let prefix = "";
  for (const next of DOWN) {
    if (Math.abs(rest) >= 1) break;
    prefix = next;
    rest *= 1000;
  }
  return four(rest) + prefix + unit;
}

/** `1d 1h 1m 1s`, `59.5s`, `1.234ms`. */
export function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return four(value);
  if (value === 0) return "0s";
  if (Math.abs(value) < 1) return scaledUp(value, "s");
  const sign = value < 0 ? "-" : "";
  const magnitude = Math.abs(value);
  const whole = Math.trunc(magnitude);
  const seconds = whole % 60;
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600) % 24;
  const days = Math.floor(whole / 86_400);
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${four(magnitude)}s`;
}

export function humanizePercentage(value: number): string {
  return `${four(value * 100)}%`;
}

export function humanizeTimestamp(value: number): string {
  return Number.isFinite(value) ? timeString(timeOf(value)) : four(value);
}

/** Go keeps times and durations as 64-bit nanoseconds. */
const MOST_NS = 2 ** 63;

/** Epoch milliseconds of a time in seconds. @throws RangeError */
export function timeOf(seconds: number): number {
  const ns = nanosecondsOf(seconds, "timestamp");
  return Number(ns / 1_000_000n);
}

/** @throws RangeError */
export function nanosecondsOf(seconds: number, what: "timestamp" | "duration"): bigint {
  if (!Number.isFinite(seconds)) throw new RangeError("value is NaN or Inf");
  const ns = seconds * 1e9;
  if (ns >= MOST_NS || ns < -MOST_NS)
    throw new RangeError(
      `${formatFloat(seconds, "g", -1)} cannot be represented as a nanoseconds ${what} since it overflows int64`,
    );
  return BigInt(Math.trunc(ns));
}

function four(value: number): string {
  return formatFloat(value, "g", 4);
}
