/** What can be set about watching as a whole; per job see the job's settings. */
import type { Severity } from "@batchwatch/protocol";

export interface WatchOptions {
  /** After a start of ours, judgements of absence wait this long, so that spools can drain. Default 60 s. */
  catchUpGraceMs: number;
  /** A fact or deadline older than this when it becomes known is history: recorded, never paged. Default 1 h. */
  liveHorizonMs: number;
  /**
   * From suspect to lost. Default (null): the run's heartbeat limit again, at least 60 s. A shorter one is for tests.
   */
  lostSettleMs: number | null;
  /** Judge, record and open incidents for every job, and notify nobody. Default false. */
  observeOnly: boolean;
  /** Severity by type where the job says none. */
  severity: Readonly<Record<string, Severity>>;
}

export const DEFAULT_WATCH_OPTIONS: WatchOptions = {
  catchUpGraceMs: 60_000,
  liveHorizonMs: 3_600_000,
  lostSettleMs: null,
  observeOnly: false,
  severity: {},
};
