/** Nothing of this package may break the job around it: what fails in here is said to OpenTelemetry's diagnostics, once each. */
import { diag } from "@opentelemetry/api";

const said = new Set<string>();
const MOST_SAID = 200;

/** Runs ours; a failure is said, and `otherwise` stands in for the result. */
export function guarded<T>(what: string, ours: () => T, otherwise: T): T {
  try {
    return ours();
  } catch (error) {
    warnOnce(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return otherwise;
  }
}

/** To whoever listens by `diag.setLogger`; the same sentence only once, for a loop would say it a million times. */
export function warnOnce(message: string): void {
  if (said.has(message) || said.size >= MOST_SAID) return;
  said.add(message);
  try {
    diag.warn(`@batchwatch/sdk: ${message}`);
  } catch {
    // A listener that throws is none.
  }
}
