/** Whose clock the pages show: the job's, the reader's, or UTC. Kept in the browser; the top bar switches it. */
import { createContext, useContext, useSyncExternalStore } from "react";
import { isKnownZone } from "../format/instant.ts";

export const ZONE_CHOICES = ["job", "viewer", "utc"] as const;
export type ZoneChoice = (typeof ZONE_CHOICES)[number];

const KEY = "batchwatch.zone";
const listeners = new Set<() => void>();
let choice = read();

export const viewerZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The zone of the job that a page is about; null where it has none or there are many. */
export const JobZone = createContext<string | null>(null);

export function useZoneChoice(): [ZoneChoice, (next: ZoneChoice) => void] {
  return [useSyncExternalStore(subscribe, () => choice), choose];
}

/** The zone in which to show the times of a job; its own one can be said where the page has no single job. */
export function useZone(jobZone?: string | null): string {
  const pageZone = useContext(JobZone);
  const [chosen] = useZoneChoice();
  return zoneFor(chosen, jobZone ?? pageZone);
}

function zoneFor(chosen: ZoneChoice, jobZone: string | null): string {
  switch (chosen) {
    case "utc":
      return "UTC";
    case "viewer":
      return viewerZone;
    case "job":
      return jobZone !== null && isKnownZone(jobZone) ? jobZone : "UTC";
  }
}

function choose(next: ZoneChoice): void {
  choice = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage can be switched off; the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function read(): ZoneChoice {
  try {
    const kept = localStorage.getItem(KEY);
    return ZONE_CHOICES.find((name) => name === kept) ?? "job";
  } catch {
    return "job";
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
