/**
 * When we ourselves were away. Receives a beat every few seconds, kept as a fact of the installation; hands on the
 * downtimes, in which silence of others is no evidence. SEMANTICS section 4.
 */
import type { LedgerStore } from "../../storage/ledger-store.ts";

const ALIVE_FACT = "watch.lastAliveAt";
const DOWNTIMES_FACT = "watch.downtimes";
/** Older ones no longer matter: everything that fell into them has been judged. */
const KEPT_DOWNTIMES = 50;

export interface Downtime {
  from: number;
  to: number;
}

export class Uptime {
  readonly #store: LedgerStore;
  #downtimes: readonly Downtime[] = [];

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** At each start of ours. Answers the downtime that ends now; null at the very first start. */
  async begin(now: number): Promise<Downtime | null> {
    const [aliveText, downtimesText] = await Promise.all([
      this.#store.getFact(ALIVE_FACT),
      this.#store.getFact(DOWNTIMES_FACT),
    ]);
    this.#downtimes = readDowntimes(downtimesText);
    const lastAliveAt = Number(aliveText ?? Number.NaN);
    await this.beat(now);
    if (!Number.isFinite(lastAliveAt)) return null;
    const downtime = { from: lastAliveAt, to: Math.max(now, lastAliveAt) };
    this.#downtimes = [...this.#downtimes, downtime].slice(-KEPT_DOWNTIMES);
    await this.#store.setFact(DOWNTIMES_FACT, JSON.stringify(this.#downtimes));
    return downtime;
  }

  /** Says that we are alive; call every few seconds. */
  async beat(now: number): Promise<void> {
    await this.#store.setFact(ALIVE_FACT, String(now));
  }

  /** True when one downtime holds the whole stretch: nothing about it could reach us. */
  coversAll(from: number, to: number): boolean {
    return this.#downtimes.some((downtime) => downtime.from <= from && downtime.to >= to);
  }

  /** When something that was due at `at` could be noticed at the earliest. */
  noticeableAt(at: number): number {
    const downtime = this.#downtimes.find((one) => at >= one.from && at < one.to);
    return downtime === undefined ? at : downtime.to;
  }

  /**
   * When silence since `since` has lasted for `limitMs`. A downtime inside it starts the wait again: signs of life sent
   * meanwhile may be lost.
   */
  silenceEndsAt(since: number, limitMs: number): number {
    let endsAt = since + limitMs;
    for (const downtime of this.#downtimes)
      if (downtime.to > since && downtime.from < endsAt) endsAt = Math.max(endsAt, downtime.to + limitMs);
    return endsAt;
  }
}

function readDowntimes(text: string | null): Downtime[] {
  if (text === null) return [];
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((one: unknown) =>
    typeof one === "object" &&
    one !== null &&
    "from" in one &&
    "to" in one &&
    typeof one.from === "number" &&
    typeof one.to === "number"
      ? [{ from: one.from, to: one.to }]
      : [],
  );
}
