/**
 * What a request's mapping leaves out, beside what its decoding did: items whose time cannot be true (the same range as every
 * other door: protocol/instant.ts), and attributes beyond a limit. The sender reads it in the partial success.
 */
import { whyNotPlausible } from "@batchwatch/protocol";
import type { AttributeMap, RejectedItems } from "../wire/otlp-types.ts";

/** SDKs keep 128 by default; more than this of one span, log record or resource is a mistake. */
export const ATTRIBUTES_KEPT = 256;
const MOST_REASONS = 5;

export class LeftOut {
  readonly #now: number;
  readonly #reasons: string[];
  #count: number;

  constructor(decoded: RejectedItems, now: number) {
    this.#now = now;
    this.#count = decoded.count;
    this.#reasons = [...decoded.reasons];
  }

  /** True: the item goes, counted and with its reason. Times that are not given are fine. */
  rejectsTime(field: string, at: number | null, item: string): boolean {
    const problem = at === null ? null : whyNotPlausible(at, this.#now);
    if (problem === null) return false;
    this.#count += 1;
    this.#say(`${field} of ${item} ${problem}`);
    return true;
  }

  isPlausible(at: number): boolean {
    return whyNotPlausible(at, this.#now) === null;
  }

  /** The first ones, those of the batch convention before all others. */
  cut(attributes: AttributeMap, item: string): AttributeMap {
    const names = Object.keys(attributes);
    if (names.length <= ATTRIBUTES_KEPT) return attributes;
    const kept = [...names.filter(isOurs), ...names.filter((name) => !isOurs(name))].slice(
      0,
      ATTRIBUTES_KEPT,
    );
    this.#say(`${item} has ${names.length} attributes; ${ATTRIBUTES_KEPT} of them are kept`);
    const cut: Record<string, AttributeMap[string]> = Object.create(null) as Record<
      string,
      AttributeMap[string]
    >;
    for (const name of kept) cut[name] = attributes[name] ?? null;
    return cut;
  }

  /** The item is kept, but says less than its sender meant: a warning, counted as nothing rejected. */
  warn(reason: string): void {
    this.#say(reason);
  }

  items(): RejectedItems {
    return { count: this.#count, reasons: this.#reasons };
  }

  #say(reason: string): void {
    if (this.#reasons.length < MOST_REASONS) this.#reasons.push(reason);
  }
}

/** What the mapping reads, and the attributes that say which series or run it is. */
function isOurs(name: string): boolean {
  return /^(batch\.|exception\.|job_|dag_id$|task_id$|level$|status$|error|event\.name$|service\.|host\.name$|deployment\.)/.test(
    name,
  );
}
