/** Which severity is the worse. */
import { SEVERITIES, type Severity } from "@batchwatch/protocol";

export function isWorse(a: Severity, b: Severity): boolean {
  return compareSeverity(a, b) < 0;
}

/** The worst first. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}
