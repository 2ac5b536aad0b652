/**
 * Quantities and texts as sentences hold them: "1.2 M", "3.5 %". Durations: the protocol's `formatDuration`; times:
 * `instantText` of lib/calendar.
 */
import type { JobSettings } from "@batchwatch/protocol";

export function countText(count: number): string {
  const amount = Math.abs(count);
  if (amount < 10_000) return trimmed(count, 2);
  if (amount < 1e6) return `${trimmed(count / 1e3)} k`;
  if (amount < 1e9) return `${trimmed(count / 1e6)} M`;
  return `${trimmed(count / 1e9)} G`;
}

export function recordsText(count: number): string {
  return `${countText(count)} ${count === 1 ? "record" : "records"}`;
}

export function percentText(ratio: number): string {
  return `${trimmed(ratio * 100, 2)} %`;
}

/** The zone in which a job's times are said. */
export function zoneOf(settings: JobSettings): string {
  return settings.schedule?.timezone ?? settings.mustCompleteBy?.timezone ?? "UTC";
}

/** A list in a sentence: "a", "a and b", "a, b and c". */
export function listText(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** First line, cut to a length that fits into a sentence. */
export function shortText(text: string, most = 160): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Ends a text as a sentence. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function trimmed(value: number, digits = 1): string {
  return String(Number(value.toFixed(Math.abs(value) >= 100 ? 0 : digits)));
}
