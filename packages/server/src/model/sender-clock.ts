/**
 * How far the clocks of a run's senders are from ours (docs/decisions: a sender's clock). A join-semilattice like all
 * facts: of each sender (witness, host) the smallest and the largest lag between an event's time and its receipt.
 *
 * An event can't be received before it happened, so lag = delay + offset with delay ≥ 0. Hence:
 * - A sender that says when it sends tells its offset, whatever was spooled.
 * - A smallest lag below 0 is an offset: that clock is ahead.
 * - A lag that stays the same while time passes is an offset: a backlog that is sent at once has as many lags as events.
 * - Any other lag may be either. For signs of life it is taken for an offset (what was just heard has just happened);
 *   for what is past it is taken for a delay (the sender's times are believed).
 */
import { formatDuration, MAX_AHEAD_MS } from "@batchwatch/protocol";
import type { RunEvent } from "./run-event.ts";

/** Within this a sender's times are taken as they are. */
export const TRUSTED_SKEW_MS = 600_000;
/** A lag beyond this is history and no clock. As far as a clock may be ahead. */
const LARGEST_LAG_OF_A_CLOCK_MS = MAX_AHEAD_MS;
/** Heard of for at least this long, the lag of a live sender is told from that of a backlog. */
const STEADY_FOR_MS = 5000;
const STEADY_WITHIN_MS = 1000;
const STEADY_WITHIN_SHARE = 0.1;
/** What a request takes on its way, and a clock's ordinary error. */
const PRECISION_MS = 1000;

/** Of one sender. All times but `lastAt` are ours. */
export interface ClockFacts {
  /** Ours minus the sender's, as it said itself; the smallest, since the way here adds to it. */
  offsetMs: number | null;
  /** Smallest and largest receipt − time of the events without it. */
  lagMs: number | null;
  largestLagMs: number | null;
  firstHeardAt: number | null;
  lastHeardAt: number | null;
  /** Latest time of any event, by the sender's clock. */
  lastAt: number;
}

export type Clocks = Readonly<Record<string, ClockFacts>>;

/** What is told of a run's clocks. */
export interface ClockView {
  /** The sender's clock minus ours, proven and beyond what is trusted, where all senders of the run agree; else null. */
  clockSkewMs: number | null;
  /** Heard of this long after its own times at the soonest: beyond what is trusted, and no skew is proven; else null. */
  reportedLateMs: number | null;
  /** While the run is open: what makes the time of the sender heard of last ours, to judge signs of life by. Else 0. */
  liveOffsetMs: number;
  /** While the run is open: its latest sign of life, by our clock. Else `lastEventAt`. */
  lastHeardAt: number;
}

export function clocksOfEvent(event: RunEvent): Clocks {
  // What Batchwatch says itself, or made of counters, has no sender whose clock it shows.
  if (event.witness === "batchwatch" || event.anonymous === true) return {};
  const { clockOffsetMs } = event;
  const told = clockOffsetMs !== undefined;
  const lagMs = told ? null : event.receivedAt - event.at;
  const heardAt = told ? null : event.receivedAt;
  return {
    [clockKey(event.witness, event.host)]: {
      offsetMs: clockOffsetMs ?? null,
      lagMs,
      largestLagMs: lagMs,
      firstHeardAt: heardAt,
      lastHeardAt: heardAt,
      lastAt: event.at,
    },
  };
}

export function joinClocks(a: ClockFacts, b: ClockFacts): ClockFacts {
  return {
    offsetMs: least(a.offsetMs, b.offsetMs),
    lagMs: least(a.lagMs, b.lagMs),
    largestLagMs: most(a.largestLagMs, b.largestLagMs),
    firstHeardAt: least(a.firstHeardAt, b.firstHeardAt),
    lastHeardAt: most(a.lastHeardAt, b.lastHeardAt),
    lastAt: Math.max(a.lastAt, b.lastAt),
  };
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────

/** @param lastEventAt what counts where no sender is known */
export function readClocks(clocks: Clocks, isOpen: boolean, lastEventAt: number): ClockView {
  const senders = Object.values(clocks);
  const heard = lastHeard(clocks, lastEventAt);
  return {
    clockSkewMs: agreedSkew(senders),
    reportedLateMs: reportedLate(senders),
    liveOffsetMs: isOpen ? heard.offsetMs : 0,
    lastHeardAt: isOpen ? heard.at : lastEventAt,
  };
}

/** The latest sign of life by our clock, and the offset of its sender. */
export function lastHeard(clocks: Clocks, lastEventAt: number): { at: number; offsetMs: number } {
  let latest: { at: number; offsetMs: number } | null = null;
  for (const clock of Object.values(clocks)) {
    const offsetMs = liveOffset(clock);
    const at = clock.lastAt + offsetMs;
    if (latest === null || at > latest.at || (at === latest.at && offsetMs < latest.offsetMs))
      latest = { at, offsetMs };
  }
  return latest ?? { at: lastEventAt, offsetMs: 0 };
}

/** Of a witness, if need be on several hosts; null when it was not heard of. The smallest: the earliest time. */
export function liveOffsetOf(clocks: Clocks, witness: string): number | null {
  const offsets = ofWitness(clocks, witness).map(liveOffset);
  return offsets.length === 0 ? null : Math.min(...offsets);
}

/** The witness's clock minus ours, where it is proven and beyond what is trusted. */
export function skewOfWitness(clocks: Clocks, witness: string): number | null {
  return agreedSkew(ofWitness(clocks, witness));
}

/** "2 h behind", "2 h ahead of": what it is compared with follows. */
export function skewText(skewMs: number): string {
  return `${formatDuration(Math.abs(skewMs))} ${skewMs < 0 ? "behind" : "ahead of"}`;
}

/** One clock for all of the run, or none: times of two clocks can't be moved together. */
function agreedSkew(senders: readonly ClockFacts[]): number | null {
  const offsets: number[] = [];
  for (const clock of senders) {
    const proven = provenOffset(clock);
    // A lag that may be a delay allows any offset up to it.
    if (proven !== null) offsets.push(proven);
    else if (clock.lagMs !== null && clock.lagMs <= TRUSTED_SKEW_MS) offsets.push(0);
  }
  if (offsets.length === 0) return null;
  const [least, most] = [Math.min(...offsets), Math.max(...offsets)];
  if (most - least > TRUSTED_SKEW_MS) return null;
  const offset = Math.abs(least) < Math.abs(most) ? least : most;
  const isAllowed = senders.every(
    (clock) =>
      provenOffset(clock) !== null || clock.lagMs === null || offset <= clock.lagMs + TRUSTED_SKEW_MS,
  );
  return isAllowed && Math.abs(offset) > TRUSTED_SKEW_MS ? -offset : null;
}

function reportedLate(senders: readonly ClockFacts[]): number | null {
  if (senders.length === 0) return null;
  const lags = senders.map((clock) => (provenOffset(clock) === null ? (clock.lagMs ?? 0) : 0));
  const least = Math.min(...lags);
  return least > TRUSTED_SKEW_MS ? least : null;
}

/** Null where a lag may as well be a delay. */
function provenOffset(clock: ClockFacts): number | null {
  const { offsetMs, lagMs } = clock;
  if (offsetMs !== null) return offsetMs;
  if (lagMs === null) return null;
  return lagMs < 0 || isSteady(clock) ? lagMs : null;
}

function isSteady({ lagMs, largestLagMs, firstHeardAt, lastHeardAt }: ClockFacts): boolean {
  if (lagMs === null || largestLagMs === null || firstHeardAt === null || lastHeardAt === null) return false;
  const forMs = lastHeardAt - firstHeardAt;
  if (forMs < STEADY_FOR_MS || lagMs > LARGEST_LAG_OF_A_CLOCK_MS) return false;
  return largestLagMs - lagMs <= Math.max(STEADY_WITHIN_MS, forMs * STEADY_WITHIN_SHARE);
}

/** In whole seconds, so that it settles soon. */
function liveOffset({ offsetMs, lagMs }: ClockFacts): number {
  const offset = offsetMs ?? (lagMs === null || lagMs > LARGEST_LAG_OF_A_CLOCK_MS ? 0 : lagMs);
  return Math.trunc(offset / PRECISION_MS) * PRECISION_MS || 0;
}

function clockKey(witness: string, host: string | undefined): string {
  return host === undefined ? witness : `${witness}@${host}`;
}

function ofWitness(clocks: Clocks, witness: string): ClockFacts[] {
  return Object.entries(clocks).flatMap(([key, clock]) =>
    key === witness || key.startsWith(`${witness}@`) ? [clock] : [],
  );
}

function least(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}

function most(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}
