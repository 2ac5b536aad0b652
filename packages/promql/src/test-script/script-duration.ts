/** Durations in test scripts, rule files and rule tests. */
import { parseDuration } from "../go-format/duration-text.ts";

/**
 * Reads a duration: units from large to small, each at most once; a bare number other than 0 has no meaning here.
 * @returns milliseconds, e.g. `parseScriptDuration("1m30s")` → 90000.
 * @throws RangeError that says what is wrong.
 */
export function parseScriptDuration(text: string): number {
  const ms = parseDuration(text);
  if (typeof ms !== "number") throw new RangeError(`${ms.problem}: write it like 30s, 5m or 1h30m`);
  return ms;
}
