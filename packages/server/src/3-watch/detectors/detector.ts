/**
 * What a detector is: one way in which a run or a slot can go wrong. Pure: it is given the time and everything it may
 * look at. Each stands in its own file and one line of registry.ts.
 */
import type { FactType } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { Run } from "../../model/run.ts";
import type { Judgement, Slot } from "../../model/watch.ts";
import type { Uptime } from "../deadlines/uptime.ts";
import type { LaterOutput } from "../runs/later-output.ts";
import type { UpstreamState } from "../upstreams/upstream-state.ts";
import type { WatchOptions } from "../watch-options.ts";

export interface JudgeContext {
  /** The time of judgement. */
  now: number;
  job: Job;
  /** Zone in which explanations give times: the schedule's, else the deadline's, else UTC. */
  zone: string;
  uptime: Pick<Uptime, "coversAll" | "noticeableAt" | "silenceEndsAt">;
  options: WatchOptions;
}

export interface RunContext extends JudgeContext {
  run: Run;
  /** The slot that the run is matched to. */
  slot: Slot | null;
  /** Ended runs of the job that started before this one, newest first, at most 20; empty where no detector asked. */
  earlierRuns: readonly Run[];
  /** Another run of the job under way that started before this one. */
  overlaps: Run | null;
  /** Starts in the stretch of time that `maxRuns` counts, up to this run; null where nothing is counted. */
  startsInWindow: number | null;
  /** What came after the output of this run; null while that is fresh. */
  laterOutput: LaterOutput | null;
  /** How the jobs that this one needs stood when the run began. */
  upstreams: readonly UpstreamState[];
  /** Open judgements of the job. */
  open: readonly Judgement[];
}

export interface SlotContext extends JudgeContext {
  slot: Slot;
  /** The run that the slot is matched to. */
  run: Run | null;
  /** A run that names the slot but has not started. */
  waiting: Run | null;
  /** How the jobs that this one needs stood at the end of the slot's window; empty where no detector asked. */
  upstreams: readonly UpstreamState[];
}

/** Broken, with everything that is shown. */
export interface Finding {
  /** When it was broken, not when we noticed. */
  at: number;
  limitText: string | null;
  valueText: string | null;
  explanation: string;
  /** Told from the passing of time, not from a fact that somebody reported. */
  byAbsence: boolean;
}

/** A look at a run that is to come, as a row. */
export interface NextLook {
  kind: RunDeadlineKind;
  at: number;
}

export const RUN_DEADLINE_KINDS = [
  "run_max_duration",
  "run_heartbeat",
  "run_lost",
  "run_stall",
  "run_retry_grace",
  "run_complete_by",
  "run_freshness",
] as const;
export type RunDeadlineKind = (typeof RUN_DEADLINE_KINDS)[number];

/** How an open judgement comes to its end. `run` is the one that was just looked at. */
export interface MendContext extends RunContext {
  judgement: Judgement;
  /** The run is the one judged, or is matched to the slot judged. */
  isOwn: boolean;
  /** The run comes after the one (or the slot) judged, and is of the kind that counts for it. */
  isLater: boolean;
}

export interface RunDetector {
  readonly type: FactType;
  examine(context: RunContext): Finding | null;
  /** When to look next, while it is not broken and may be. */
  nextLook?(context: RunContext): NextLook | null;
  /** Why the judgement is over, in words; null while it is not. */
  mends(context: MendContext): string | null;
  /** True when `examine` needs `earlierRuns` for this run. */
  wantsEarlierRuns?(context: Pick<RunContext, "run" | "job">): boolean;
  /** Any run that ends later counts as one that comes after, whether it stands for a slot or not. */
  readonly anyRunMends?: true;
}

export interface SlotDetector {
  readonly type: FactType;
  /** The deadline kind at which it is judged. */
  readonly kind:
    | "slot_late"
    | "slot_start_by"
    | "slot_complete_by"
    | "slot_upstream_late"
    | "slot_upstream_failed";
  /** When it is to be judged, null when nothing is declared. Strictly after this instant it may be broken. */
  limitAt(slot: Slot, job: Job): number | null;
  examine(context: SlotContext): Finding | null;
  /** True when `examine` needs `upstreams`. */
  readonly wantsUpstreams?: true;
  mends(context: MendContext): string | null;
}
