/**
 * The one clock of the pages: the server's time (its answers correct a browser whose clock is wrong), ticking once a
 * second for whoever listens. A component is rendered again only when the text that it shows has changed.
 */
import { useCallback, useSyncExternalStore } from "react";

const TICK_MS = 1_000;
/** Less is a slow answer, not a wrong clock. */
const SMALLEST_CORRECTION_MS = 2_000;

let correctionMs = 0;
let tickAt = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
const listeners = new Set<() => void>();

/** The time now, by the server's clock. */
export function now(): number {
  return Date.now() + correctionMs;
}

/** Tells the clock what the server's clock said in an answer that has just come. */
export function setServerTime(serverNow: number): void {
  const off = serverNow - Date.now();
  correctionMs = Math.abs(off) > SMALLEST_CORRECTION_MS ? off : 0;
}

/** What `describe` makes of the time, kept up to date each second. `describe` must return a string or a number. */
export function useClock<T extends string | number | null>(describe: (nowAt: number) => T): T {
  const snapshot = useCallback(() => describe(tickAt), [describe]);
  return useSyncExternalStore(subscribe, snapshot);
}

/** The time now, new each `everyMs`; null = never again, and the time is 0. */
export function useNow(everyMs: number | null): number {
  return useSyncExternalStore(subscribe, () =>
    everyMs === null ? 0 : Math.floor(tickAt / everyMs) * everyMs,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    tickAt = now();
    timer = setInterval(tick, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

function tick(): void {
  tickAt = now();
  for (const listener of listeners) listener();
}
