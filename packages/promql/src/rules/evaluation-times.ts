/**
 * When a group is evaluated: at whole intervals since the epoch, shifted by a hash of its file and name, so that groups do
 * not all start at once and keep their times over restarts.
 */
import { DEFAULT_RULE_INTERVAL_MS, type RuleGroup } from "./rule-group.ts";

/** The first time of evaluation after `after`. */
export function nextEvaluationAt(
  group: Pick<RuleGroup, "file" | "name" | "intervalMs">,
  after: number,
  defaultIntervalMs: number = DEFAULT_RULE_INTERVAL_MS,
): number {
  const interval = group.intervalMs ?? defaultIntervalMs;
  const offset = hash(`${group.file}\u{0}${group.name}`) % interval;
  return Math.floor((after - offset) / interval) * interval + offset + interval;
}

/** FNV-1a, 32 bits: stable wherever it runs. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
