/** The rows of watching: slots, deadlines, violations and detections, incidents, deliveries. */
import type { FactType, Severity } from "@batchwatch/protocol";

// ── slots ───────────────────────────────────────────────────────────────────────────────────────────

export type SlotState = "expected" | "matched" | "missed" | "unknown" | "skipped";

/** One expected execution of a scheduled job. Matched by exactly one run, or ends missed, unknown or skipped. */
export interface Slot {
  id: number;
  jobId: number;
  /** Nominal time. Unique within its job. */
  slotAt: number;
  /** Start of the early window and end of the late window, fixed when the slot is filled ahead. */
  earlyAt: number;
  lateAt: number;
  state: SlotState;
  /** Readable reason of the match or the end. */
  reason: string | null;
  runRowId: number | null;
}

// ── deadlines ───────────────────────────────────────────────────────────────────────────────────────

/**
 * "At `dueAt`, look at this." All waiting in the product is rows of this kind, unique by (kind, subject); setting one
 * again moves it. Kinds are owned by the stage that registers their handler.
 *
 * - `judge_run` (subject `run:<id>`): the run changed; set by the ledger in the commit that changed it.
 *   `judge_run_again`: the same look, later; set by the watch.
 * - `fill_slots` (`job:<id>`): settings changed or the horizon came near; set by whoever changes settings.
 * - `slot_late`, `slot_start_by`, `slot_complete_by` (`slot:<id>`), `run_max_duration`, `run_heartbeat`, `run_lost`,
 *   `run_stall`, `run_retry_grace`, `run_complete_by`, `run_freshness` (`run:<id>`), `slot_upstream_late`,
 *   `slot_upstream_failed` (`slot:<id>`): set by the watch.
 * - `settle_metrics` (`stream…`): the ledger's own, for anonymous runs.
 * - `fold_incident` (`job:<id>`): judgements of this job changed; set by the watch with them.
 */
export interface Deadline {
  id: number;
  kind: string;
  subject: string;
  jobId: number | null;
  dueAt: number;
  /** JSON, small. */
  payload: string | null;
  /** Failed looks so far; a row that fails is pushed ahead and at last parked. */
  failures: number;
  lastError: string | null;
}

export interface NewDeadline {
  kind: string;
  subject: string;
  jobId: number | null;
  dueAt: number;
  payload?: string | null;
  /** Keep the earlier of the two when the row exists. Default false: the new time wins. */
  keepEarlier?: boolean;
}

// ── judgements ──────────────────────────────────────────────────────────────────────────────────────

/** A violation (broken declared expectation) or a detection. At most one for each (subject, type). */
export interface Judgement {
  id: number;
  jobId: number;
  class: "violation" | "detection";
  type: FactType;
  severity: Severity;
  /** `slot:<id>`, else `run:<id>`. */
  subject: string;
  runRowId: number | null;
  slotId: number | null;
  state: "open" | "resolved";
  /** When it was broken (the deadline, the end of the run), not when we noticed. */
  at: number;
  judgedAt: number;
  resolvedAt: number | null;
  limitText: string | null;
  valueText: string | null;
  explanation: string;
  resolution: string | null;
  /** Named reason for making no notification (`history`, `observe_only`, `paused`, `backfill`, `alert_after`), null = may notify. */
  suppressedBecause: string | null;
  incidentId: number | null;
  /** What a PromQL rule says of its alert; left out for what we judge ourselves. */
  ruleAlert?: RuleAlert;
}

export interface RuleAlert {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

export type NewJudgement = Omit<Judgement, "id" | "state" | "resolvedAt" | "resolution" | "incidentId">;

// ── incidents ───────────────────────────────────────────────────────────────────────────────────────

export interface Incident {
  id: number;
  jobId: number;
  state: "open" | "resolved";
  severity: Severity;
  /** Of the worst fact when it opened; never changes while open. */
  alertName: string;
  title: string;
  openedAt: number;
  resolvedAt: number | null;
  resolution: string | null;
  runRowId: number | null;
  slotId: number | null;
  /** Alert labels and annotations as sent (SEMANTICS section 6), JSON. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** False when every fact of it was suppressed. */
  notified: boolean;
}

export interface IncidentEntry {
  incidentId: number;
  at: number;
  text: string;
}

// ── deliveries ──────────────────────────────────────────────────────────────────────────────────────

/**
 * Why a receiver is told: the incident opened; got worse; is still open (a reminder); somebody took it on; is over; is
 * over because we had been wrong (the run did finish, its signal was late).
 */
export type DeliveryReason = "opened" | "raised" | "repeated" | "acknowledged" | "resolved" | "corrected";

export interface DeliveryTry {
  at: number;
  latencyMs: number;
  status: number | null;
  error: string | null;
}

/** An outbox row: one attempt chain to get one alert to one receiver, with proof. */
export interface Delivery {
  id: number;
  incidentId: number;
  receiver: string;
  channel: string;
  reason: DeliveryReason;
  /** Stable for an incident and receiver: the receiver folds repeats by it. */
  dedupKey: string;
  /** The alert as it is to be sent, JSON. */
  payload: string;
  state: "pending" | "delivered" | "parked";
  createdAt: number;
  nextTryAt: number | null;
  deliveredAt: number | null;
  leaseUntil: number | null;
  tries: readonly DeliveryTry[];
}

/** What a channel keeps of one incident at one receiver. */
export interface ReceiverMemory {
  /** JSON of the channel's own, small; null = nothing. */
  memory: string | null;
  /** When the receiver is to be told again though nothing changed; null = never. */
  resendAt: number | null;
}

export type NewDelivery = Pick<
  Delivery,
  "receiver" | "channel" | "reason" | "dedupKey" | "payload" | "createdAt"
>;
