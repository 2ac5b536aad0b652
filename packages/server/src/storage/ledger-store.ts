/**
 * The ledger port: what the stages ask of storage, in domain verbs. It shows neither connection nor transaction:
 * each verb is atomic. One implementation over Kysely serves SQLite and PostgreSQL (capabilities.ts has the
 * differences); contract-tests/ runs one suite over both.
 *
 * Concurrency: run rows carry a version; `commit` refuses a change against an older one (VersionConflictError) and
 * writes nothing. Deadlines and deliveries are claimed with a lease.
 */

import type { JobSettings, RunPhase, SettingSource } from "@batchwatch/protocol";
import type { AlertGroup, AlertGroupMember, GroupFlush, GroupJoin } from "../model/alert-group.ts";
import type { JobKey, RunAlias } from "../model/identity.ts";
import type { Job } from "../model/job.ts";
import type { Namesake } from "../model/job-namesakes.ts";
import type { PushGroup } from "../model/push-group.ts";
import type { Labels } from "../model/routing.ts";
import type { Run, RunBar, RunView } from "../model/run.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { RunFacts } from "../model/run-facts.ts";
import type { LogRecord, LogSeverity, SpanRecord } from "../model/telemetry.ts";
import type {
  Deadline,
  Delivery,
  DeliveryTry,
  Incident,
  IncidentEntry,
  Judgement,
  NewDeadline,
  NewDelivery,
  NewJudgement,
  ReceiverMemory,
  Slot,
  SlotState,
} from "../model/watch.ts";
import type { MeterStore, NativeIncrementWrite } from "./meter-store.ts";

export class VersionConflictError extends Error {
  readonly code = "VERSION_CONFLICT";
}

export interface Page<T> {
  items: T[];
  /** Opaque; null at the end. */
  nextCursor: string | null;
}

export interface PageRequest {
  /** 1 to 1000, default 50. */
  limit: number;
  cursor: string | null;
}

// ── what the ledger (2-record) reads and writes ─────────────────────────────────────────────────────

/** A run with everything that reducing needs. `facts` is null for a closed run: rebuild them from its events. */
export interface StoredRun {
  run: Run;
  facts: RunFacts | null;
}

export interface RunWrite {
  /** null = a new run. A new run's `tempId` (negative) stands for its id elsewhere in the same commit. */
  id: number | null;
  tempId: number;
  jobId: number;
  /** Fixed for a row: a run that gets a better name is a new row into which the old one is merged. */
  runId: string;
  view: RunView;
  /** null once the run is closed, to save space. */
  facts: RunFacts | null;
  firstReceivedAt: number;
  /** The version read; null for a new run. */
  expectedVersion: number | null;
}

export interface LedgerCommit {
  runs: readonly RunWrite[];
  /** `runRef` = id or tempId of the run, null = orphan, kept under its `run.by === "span"` reference. */
  events: readonly { runRef: number | null; event: RunEvent }[];
  aliases: readonly { alias: RunAlias; runRef: number }[];
  /** `from` was the same run as `into` all along: its events, aliases, slot, judgements and logs move, its row goes. */
  merges: readonly { fromId: number; intoRef: number }[];
  /** Orphan events that found their run: by eventId. */
  adopted: readonly { eventId: string; runRef: number }[];
  spans: readonly SpanRecord[];
  logs: readonly { runRef: number | null; log: LogRecord }[];
  deadlines: readonly NewDeadline[];
  /** Deadlines of runs in this commit: the subject is made from the run's id. */
  runDeadlines: readonly { kind: string; runRef: number; jobId: number; dueAt: number }[];
  metricStreams: readonly MetricStreamWrite[];
  /** Of jobs that export the `batch_job_*` families themselves. */
  nativeIncrements?: readonly NativeIncrementWrite[];
  metricEvidence: readonly MetricEvidenceWrite[];
}

/** The last value of one exported stream, by which increments are told. State is the ledger's own JSON. */
export interface MetricStreamWrite {
  streamId: string;
  updatedAt: number;
  state: string;
}

/** An interval in which counters say that runs ended; settles later into anonymous runs or is explained by known ones. */
export interface MetricEvidenceWrite {
  evidenceId: string;
  jobId: number;
  at: number;
  settleAt: number;
  state: string;
}

export interface MetricEvidence extends MetricEvidenceWrite {
  settled: boolean;
}

export interface RunFilter {
  namespace?: string;
  environment?: string;
  jobName?: string;
  jobId?: number;
  phases?: readonly RunPhase[];
  /** Started (else first seen) at or after / before. */
  from?: number;
  to?: number;
  runId?: string;
  search?: string;
}

export type RunSort = "startedAt" | "-startedAt" | "durationMs" | "-durationMs";

/** What a good run leaves for the usual duration and the last success. */
export interface RunSuccess {
  completedAt: number;
  durationMs: number | null;
}

export interface JobFilter {
  namespace?: string;
  environment?: string;
  search?: string;
  owner?: string;
  jobType?: string;
  tag?: { name: string; value: string };
}

// ── what the watch and alert read and write ─────────────────────────────────────────────────────────

/** Everything one look at a deadline changes, committed together. */
export interface WatchCommit {
  /**
   * Rows that were looked at: removed unless set again in `setDeadlines`, or by anybody since they were claimed (a row
   * set while it is leased takes a new id): what changed meanwhile is looked at again.
   */
  doneDeadlines: readonly number[];
  setDeadlines: readonly NewDeadline[];
  /** By (kind, subject). */
  dropDeadlines: readonly { kind: string; subject: string }[];
  /** New slots are ignored where the job has that slotAt already. */
  newSlots: readonly Omit<Slot, "id">[];
  /** Conditional: nothing of the whole commit is written when a slot is no longer in `from` (VersionConflictError). */
  slotChanges: readonly {
    id: number;
    from: SlotState;
    to: SlotState;
    reason: string;
    runRowId: number | null;
  }[];
  /** Expected slots of a job from a time on are dropped (its schedule changed). */
  dropSlotsFrom: readonly { jobId: number; from: number }[];
  /** Ignored where (subject, type) is there already, unless that one is resolved and `reopen` is set. */
  judgements: readonly (NewJudgement & { reopen?: boolean })[];
  resolveJudgements: readonly { id: number; at: number; resolution: string }[];
  /** Later, better words for an open judgement. */
  updateJudgements: readonly { id: number; valueText: string | null; explanation: string }[];
  incidents: readonly IncidentWrite[];
}

export interface IncidentWrite {
  /** null = new. */
  id: number | null;
  incident: Omit<Incident, "id">;
  /** Judgements folded into it. */
  judgementIds: readonly number[];
  entries: readonly Omit<IncidentEntry, "incidentId">[];
  deliveries: readonly NewDelivery[];
  /** Groups that it comes into, where routes say who is told. */
  joins?: readonly GroupJoin[];
}

export const EMPTY_WATCH_COMMIT: WatchCommit = {
  doneDeadlines: [],
  setDeadlines: [],
  dropDeadlines: [],
  newSlots: [],
  slotChanges: [],
  dropSlotsFrom: [],
  judgements: [],
  resolveJudgements: [],
  updateJudgements: [],
  incidents: [],
};

export interface IncidentFilter {
  state?: "open" | "resolved";
  namespace?: string;
  environment?: string;
  jobName?: string;
  jobId?: number;
  runRowId?: number;
  severity?: "critical" | "warning" | "info";
  /** Default: the newest first. */
  oldestFirst?: boolean;
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────

export const KEY_SCOPES = ["ingest", "read", "write", "admin"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export interface ApiKey {
  id: number;
  name: string;
  scope: KeyScope;
  /** SHA-256 of the secret, hex. The secret itself is never stored. */
  hash: string;
  /** First characters, for recognising it in a list. */
  prefix: string;
  /** Namespace that events sent with it belong to, where they say none. */
  namespace: string | null;
  createdAt: number;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

// ── retention ───────────────────────────────────────────────────────────────────────────────────────

export type RetentionKind =
  | "runs"
  | "heartbeats"
  | "spans"
  | "logs"
  | "incidents"
  | "slots"
  | "metricStreams";

/** What a group of rules remembers between two evaluations. Its state is the rule evaluator's, as JSON. */
export interface StoredRuleGroup {
  file: string;
  name: string;
  state: string;
  evaluatedAt: number;
  evaluationMs: number;
}

export interface LedgerStore extends MeterStore {
  readonly engine: "sqlite" | "postgres";
  /** Runs migrations under a lock. Call once before anything else. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Answers when the database has taken a write: not on a full disk. Costs a commit. */
  check(): Promise<void>;

  // jobs
  findJob(key: JobKey): Promise<Job | null>;
  getJob(id: number): Promise<Job | null>;
  getJobs(ids: readonly number[]): Promise<Job[]>;
  findJobByPingUuid(uuid: string): Promise<Job | null>;
  /** Finds or creates, in one step; order of the answer = order of the keys. */
  ensureJobs(keys: readonly (JobKey & { createdBy: SettingSource; at: number })[]): Promise<Job[]>;
  /**
   * Replaces what one source says about a job (null = that source says nothing any more), recomputes the effective
   * settings and sets `fill_slots` due now, in one commit.
   */
  setJobSettings(
    jobId: number,
    source: SettingSource,
    settings: Partial<JobSettings> | null,
    at: number,
  ): Promise<Job>;
  /** Ordered by (namespace, environment, jobName). */
  listJobs(filter: JobFilter, page: PageRequest): Promise<Page<Job>>;
  listNamespaces(): Promise<string[]>;
  /** Jobs of the same namespace and name in other environments, by the id of the job asked about; without an entry: none. */
  namesakes(jobIds: readonly number[]): Promise<Map<number, Namesake[]>>;
  countJobs(): Promise<number>;

  // runs
  findRun(jobId: number, runId: string): Promise<StoredRun | null>;
  findRuns(keys: readonly { jobId: number; runId: string }[]): Promise<StoredRun[]>;
  getRun(id: number): Promise<StoredRun | null>;
  getRuns(ids: readonly number[]): Promise<StoredRun[]>;
  /** All jobs' runs with this id. */
  findRunsByRunId(runId: string): Promise<Run[]>;
  /** Run row ids by alias; a `trace:` alias may have several. */
  findByAliases(aliases: readonly RunAlias[]): Promise<{ alias: RunAlias; runRowId: number }[]>;
  /** The latest open run of the job that has no id of its own (isUnnamedRunId) and started at or before `at`. */
  findOpenUnnamedRun(jobId: number, at: number): Promise<StoredRun | null>;
  /** Open = not terminal, or failed and not final. */
  listOpenRuns(jobId: number): Promise<Run[]>;
  /** Newest start first (else first receipt). */
  listRuns(filter: RunFilter, sort: RunSort, page: PageRequest): Promise<Page<Run>>;
  /** Last `limit` runs of each job, newest first. For boards: one query, whatever the number of jobs. */
  recentRuns(jobIds: readonly number[], limit: number): Promise<Map<number, Run[]>>;
  /** The same runs in the same order, of each only what a strip shows: a tenth of the cost. */
  recentRunBars(jobIds: readonly number[], limit: number): Promise<Map<number, RunBar[]>>;
  lastRunInPhase(jobId: number, phases: readonly RunPhase[]): Promise<Run | null>;
  /** The last `limit` completed runs of each job that are no backfills, newest end first. For boards: one query. */
  recentSuccesses(jobIds: readonly number[], limit: number): Promise<Map<number, RunSuccess[]>>;
  /** Runs under way (running, suspect, retrying) by job; jobs without one are left out. For boards: one query. */
  countRunningByJobs(jobIds: readonly number[]): Promise<Map<number, number>>;
  neighbours(run: Run): Promise<{ previousRunId: string | null; nextRunId: string | null }>;
  countRunning(): Promise<number>;
  runEvents(runRowId: number, page: PageRequest): Promise<Page<RunEvent>>;
  /**
   * All events of a run that shape it (for rebuilding facts), beats thinned to the first and last of each witness.
   * Span and unnamed `run` references are those the event came with.
   */
  allRunEvents(runRowId: number): Promise<RunEvent[]>;
  /** Orphan events waiting under any of these span or trace references. */
  findOrphans(refs: readonly RunAlias[]): Promise<RunEvent[]>;
  countOrphans(): Promise<number>;
  /** Who is whose parent among the kept spans of these traces. */
  spanParents(
    traceIds: readonly string[],
  ): Promise<Pick<SpanRecord, "traceId" | "spanId" | "parentSpanId">[]>;
  /** @throws VersionConflictError: read again and retry. Answers the ids of new runs by tempId. */
  commit(commit: LedgerCommit): Promise<ReadonlyMap<number, number>>;
  runSpans(run: Run, limit: number): Promise<SpanRecord[]>;
  /** Oldest first. Of a severity and worse, where one is given; records that name none always come along. */
  runLogs(run: Run, page: PageRequest, least?: LogSeverity | null): Promise<Page<LogRecord>>;
  metricStreams(streamIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  metricEvidence(jobId: number, from: number, to: number): Promise<MetricEvidence[]>;
  /** Evidence of the job that is not settled and whose time has come, oldest first. */
  dueEvidence(jobId: number, now: number, limit: number): Promise<MetricEvidence[]>;
  /** When evidence of the job is next to be looked at; null when all is settled. */
  nextEvidenceAt(jobId: number): Promise<number | null>;
  markEvidenceSettled(evidenceIds: readonly string[]): Promise<void>;

  // watch and alert
  /** Leases up to `limit` rows due at or before `now`, oldest first; only kinds asked for. */
  claimDeadlines(kinds: readonly string[], now: number, limit: number, leaseMs: number): Promise<Deadline[]>;
  /** The next due time of unparked rows of these kinds, null when there are none. */
  nextDeadlineAt(kinds: readonly string[]): Promise<number | null>;
  /** After a failed look: due again at `retryAt`, or parked (never due, shown) when null. */
  failDeadline(id: number, error: string, retryAt: number | null): Promise<void>;
  deadlinesFor(subjects: readonly string[]): Promise<Deadline[]>;
  nextDeadlineByJob(jobIds: readonly number[], kinds: readonly string[]): Promise<Map<number, Deadline>>;
  deadlineBacklog(now: number): Promise<{ due: number; parked: number }>;
  slotsBetween(jobId: number, from: number, to: number): Promise<Slot[]>;
  getSlot(id: number): Promise<Slot | null>;
  getSlots(ids: readonly number[]): Promise<Slot[]>;
  nextSlots(jobIds: readonly number[], after: number): Promise<Map<number, Slot>>;
  recentSlots(jobIds: readonly number[], before: number, limit: number): Promise<Map<number, Slot[]>>;
  openJudgements(jobId: number): Promise<Judgement[]>;
  openJudgementsByJobs(jobIds: readonly number[]): Promise<Map<number, Judgement[]>>;
  judgementsOfRuns(runRowIds: readonly number[]): Promise<Map<number, Judgement[]>>;
  judgementsOfSubject(subject: string): Promise<Judgement[]>;
  judgementsOfIncident(incidentId: number): Promise<Judgement[]>;
  judgementsOfIncidents(incidentIds: readonly number[]): Promise<Map<number, Judgement[]>>;
  /** Of one job: open, not yet in an incident; and open incidents. What folding starts from. */
  unfoldedJudgements(jobId: number): Promise<Judgement[]>;
  openIncidents(jobId: number): Promise<Incident[]>;
  /** Open ones that alerts of PromQL rules became. */
  openRuleJudgements(): Promise<Judgement[]>;
  commitWatch(commit: WatchCommit): Promise<void>;

  // incidents and deliveries
  getIncident(id: number): Promise<Incident | null>;
  listIncidents(filter: IncidentFilter, page: PageRequest): Promise<Page<Incident>>;
  openIncidentsByJobs(jobIds: readonly number[]): Promise<Map<number, Incident>>;
  countOpenIncidents(): Promise<{ open: number; critical: number }>;
  incidentEntries(incidentId: number): Promise<IncidentEntry[]>;
  deliveriesOf(incidentId: number): Promise<Delivery[]>;
  /** Leases pending deliveries whose time has come. An expired lease is claimable again (at least once). */
  claimDeliveries(
    now: number,
    limit: number,
    leaseMs: number,
    /** Receivers that are to be left alone for now. */
    except?: readonly string[],
  ): Promise<Delivery[]>;
  nextDeliveryAt(): Promise<number | null>;
  /**
   * Appends the try; then delivered, due again at `nextTryAt`, or parked (`nextTryAt` null and not delivered).
   * `remembered` replaces what is kept of this incident at this receiver.
   */
  recordTry(
    id: number,
    attempt: DeliveryTry,
    delivered: boolean,
    nextTryAt: number | null,
    remembered?: ReceiverMemory,
  ): Promise<void>;
  receiverMemory(incidentId: number, receiver: string): Promise<ReceiverMemory | null>;
  /**
   * Leases what is to be told again by now: the last delivered message about an incident to a receiver for which nothing
   * newer waits. While it is leased, nothing newer is claimed either.
   */
  claimResends(
    now: number,
    limit: number,
    leaseMs: number,
  ): Promise<{ delivery: Delivery; memory: string | null }[]>;
  /** Replaces what is kept, and ends the lease. */
  recordResend(incidentId: number, receiver: string, remembered: ReceiverMemory): Promise<void>;

  // groups of alerts
  /** The groups that an incident is in. */
  alertGroupsOf(incidentId: number): Promise<{ group: AlertGroup; member: AlertGroupMember }[]>;
  /** With its members, in the order in which they came. */
  getAlertGroup(id: number): Promise<{ group: AlertGroup; members: AlertGroupMember[] } | null>;
  getIncidents(ids: readonly number[]): Promise<Incident[]>;
  commitGroupFlush(flush: GroupFlush): Promise<void>;
  /** Of all open incidents: what inhibition looks at. */
  openIncidentLabels(): Promise<{ id: number; title: string; labels: Labels }[]>;
  jobsWithOpenIncidents(): Promise<number[]>;
  /** What receivers were told after `since`. */
  messagesSince(since: number): Promise<Pick<Delivery, "receiver" | "reason" | "createdAt">[]>;

  // keys
  createKey(key: Omit<ApiKey, "id" | "lastUsedAt" | "revokedAt">): Promise<ApiKey>;
  findKeyByHash(hash: string): Promise<ApiKey | null>;
  listKeys(): Promise<ApiKey[]>;
  revokeKey(id: number, at: number): Promise<boolean>;
  touchKey(id: number, at: number): Promise<void>;
  countActiveKeys(): Promise<number>;

  // rules
  /** What every rule group remembers, by file and name. */
  listRuleGroups(): Promise<StoredRuleGroup[]>;
  saveRuleGroup(group: StoredRuleGroup): Promise<void>;
  dropRuleGroup(file: string, name: string): Promise<void>;

  // groups of the Pushgateway
  pushGroups(): Promise<PushGroup[]>;
  savePushGroup(group: PushGroup): Promise<void>;
  dropPushGroup(key: string): Promise<void>;

  // small facts of the installation, e.g. when it last ran
  getFact(name: string): Promise<string | null>;
  setFact(name: string, value: string): Promise<void>;

  /** Deletes at most `limit` rows of a kind older than `before`; answers how many. Never open runs or incidents. */
  prune(kind: RetentionKind, before: number, limit: number): Promise<number>;
}
