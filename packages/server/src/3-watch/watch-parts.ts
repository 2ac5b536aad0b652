/** What the parts of the watch share. */
import type { RunEvent } from "../model/run-event.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import type { Uptime } from "./deadlines/uptime.ts";
import type { UpstreamEdges } from "./upstreams/upstream-edges.ts";
import type { WatchOptions } from "./watch-options.ts";

export interface WatchParts {
  store: LedgerStore;
  /** Through the intake; resolves after the commit. */
  say: (event: RunEvent) => Promise<void>;
  uptime: Uptime;
  options: WatchOptions;
  /** Who knows which jobs need which. */
  edges: readonly UpstreamEdges[];
  /** Judgements of absence wait until then (catch-up grace). */
  absenceHeldUntil: () => number;
}
