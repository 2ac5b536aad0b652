/**
 * What a stage registers to have its kind of deadline looked at by the one engine (3-watch/deadlines). Stands on the
 * ground floor because stages on both sides of the watch register theirs.
 */
import type { Change } from "../lib/change-feed.ts";
import type { Deadline } from "../model/watch.ts";
import type { WatchCommit } from "./ledger-store.ts";

/** What one look changes: the parts of the commit, and what is said on the feed after it. */
export interface Look extends Partial<WatchCommit> {
  changes?: readonly Change[];
}

export interface DeadlineHandler {
  readonly kind: string;
  /**
   * Looks at one row. Must be harmless when repeated: a row is looked at again after a crash, a conflict or a failure.
   * Answers what to commit (the engine adds the row itself to `doneDeadlines`), or null when it has committed by itself,
   * the end of the row included.
   * @throws anything: the row is pushed ahead with back-off and at last parked; the engine goes on.
   */
  handle(deadline: Deadline, now: number): Promise<Look | null>;
  /**
   * True for rows that judge an absence ("not heard of by now"): after a start of ours they wait for the catch-up grace,
   * so that spools can drain first.
   */
  readonly judgesAbsence?: boolean;
}
