/**
 * The ledger's tables as Kysely sees them. Column types: migrations/. Codes: encoding/codes.ts. Flags are 0 and 1;
 * JSON is text, made and read in TypeScript. Instants and durations are doubles, for some sources give fractions.
 */
import type { Generated } from "kysely";

type Bytes = Uint8Array;

export interface JobsTable {
  id: Generated<number>;
  namespace: string;
  environment: string;
  job_name: string;
  /** Folded to lower case, for searching. */
  name_search: string;
  ping_uuid: string;
  first_seen_at: number;
  created_by: string;
  /** From the effective settings, for filtering. */
  owner: string | null;
  job_type: string | null;
  settings_version: number;
}

export interface RunsTable {
  id: Generated<number>;
  job_id: number;
  run_id: string;
  phase: number;
  is_open: number;
  /** 1 where the source gave no id (pings without `rid`). */
  is_unnamed: number;
  run_type: number;
  /** First witness. */
  witness: number;
  scheduled_at: number | null;
  queued_at: number | null;
  started_at: number | null;
  completed_at: number | null;
  duration_ms: number | null;
  records_processed: number | null;
  records_failed: number | null;
  error_type: string | null;
  error_message: string | null;
  last_event_at: number;
  last_beat_at: number | null;
  first_received_at: number;
  /** started_at, else first_received_at. */
  sort_at: number;
  slot_id: number | null;
  version: number;
  /** JSON: what of the RunView does not follow from the columns. */
  view: string | null;
  /** The version that the meter took in, and what the run was then; 0 and null: not metered. */
  metered_version: Generated<number>;
  metered_phase: Generated<number | null>;
  counted_phase: Generated<number | null>;
}

export interface RunEventsTable {
  run_row_id: number;
  event_key: Bytes;
  kind: number;
  witness: number;
  at: number;
  /** received_at − at. */
  lag_ms: number;
  /** JSON: the fields without a column. */
  detail: string | null;
}

/** Heartbeats and progress, thinned: the first of each minute, and the last of all (bucket 0). */
export interface RunBeatsTable extends RunEventsTable {
  bucket: number;
}

export interface OrphanEventsTable {
  event_key: Bytes;
  span_ref: string;
  trace_ref: string;
  received_at: number;
  /** JSON: the whole RunEvent. */
  event: string;
}

export interface SpansTable {
  trace_id: Bytes;
  span_id: Bytes;
  parent_span_id: Bytes | null;
  name: string;
  service_name: string | null;
  started_at: number;
  ended_at: number;
  status: number;
  detail: string | null;
}

export interface LogsTable {
  id: Generated<number>;
  log_key: Bytes;
  run_row_id: number | null;
  trace_id: Bytes | null;
  span_id: Bytes | null;
  at: number;
  severity: number | null;
  body: string;
  /** What the record says of its run, kept while no run is known. */
  job_key: string | null;
  run_id: string | null;
  detail: string | null;
}

export interface DeadlinesTable {
  id: Generated<number>;
  kind: string;
  subject: string;
  job_id: number | null;
  due_at: number;
  payload: string | null;
  failures: number;
  last_error: string | null;
  is_parked: number;
  lease_until: number | null;
}

export interface SlotsTable {
  id: Generated<number>;
  job_id: number;
  slot_at: number;
  early_at: number;
  late_at: number;
  state: string;
  reason: string | null;
  run_row_id: number | null;
}

export interface JudgementsTable {
  id: Generated<number>;
  job_id: number;
  class: string;
  type: string;
  severity: string;
  subject: string;
  run_row_id: number | null;
  slot_id: number | null;
  state: string;
  at: number;
  judged_at: number;
  resolved_at: number | null;
  limit_text: string | null;
  value_text: string | null;
  explanation: string;
  resolution: string | null;
  suppressed_because: string | null;
  incident_id: number | null;
  is_metered: Generated<number>;
  /** JSON: RuleAlert. */
  rule_alert: string | null;
}

export interface IncidentsTable {
  id: Generated<number>;
  job_id: number;
  state: string;
  severity: string;
  alert_name: string;
  title: string;
  opened_at: number;
  resolved_at: number | null;
  resolution: string | null;
  run_row_id: number | null;
  slot_id: number | null;
  labels: string;
  annotations: string;
  is_notified: number;
}

export interface DeliveriesTable {
  id: Generated<number>;
  incident_id: number;
  receiver: string;
  channel: string;
  reason: string;
  dedup_key: string;
  payload: string;
  state: string;
  created_at: number;
  next_try_at: number | null;
  delivered_at: number | null;
  lease_until: number | null;
}

export interface AlertGroupsTable {
  id: Generated<number>;
  group_key: string;
  route_key: string;
  receiver: string;
  /** JSON. */
  labels: string;
  created_at: number;
  anchor_incident_id: number | null;
  notified_at: number | null;
}

export interface AlertGroupMembersTable {
  group_id: number;
  incident_id: number;
  joined_at: number;
  told_severity: string | null;
  held_because: string | null;
}

export interface ReceiverMemoriesTable {
  incident_id: number;
  receiver: string;
  /** JSON, the channel's own. */
  memory: string | null;
  resend_at: number | null;
  lease_until: number | null;
}

export interface MeterSeriesTable {
  id: Generated<number>;
  job_id: number;
  family: string;
  /** JSON, names in order. */
  labels: string;
  /** JSON: MeterValue. */
  state: string;
  created_at: number;
  changed_at: number;
}

export interface NativeIncrementsTable {
  id: Generated<number>;
  job_id: number;
  family: string;
  labels: string;
  instance_id: string;
  from_at: number;
  at: number;
  is_first: number;
  /** JSON: NativeChange. */
  change: string;
  claimed: number;
  is_applied: number;
}

export interface Tables {
  migrations: { name: string; applied_at: number };
  installation_facts: { name: string; value: string };
  rule_groups: { file: string; name: string; state: string; evaluated_at: number; evaluation_ms: number };
  api_keys: {
    id: Generated<number>;
    name: string;
    scope: string;
    hash: string;
    prefix: string;
    namespace: string | null;
    created_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  jobs: JobsTable;
  job_settings: { job_id: number; source: string; settings: string };
  job_tags: { name: string; value: string; job_id: number };
  runs: RunsTable;
  /** Facts of open runs. Apart from `runs`, so that its rows keep their size when a run closes. */
  run_facts: { run_row_id: number; facts: string };
  run_aliases: { alias: string; run_row_id: number };
  run_events: RunEventsTable;
  run_beats: RunBeatsTable;
  orphan_events: OrphanEventsTable;
  spans: SpansTable;
  logs: LogsTable;
  metric_streams: { stream_id: string; updated_at: number; state: string };
  metric_evidence: {
    evidence_id: string;
    job_id: number;
    at: number;
    settle_at: number;
    state: string;
    is_settled: number;
  };
  meter_series: MeterSeriesTable;
  native_increments: NativeIncrementsTable;
  push_groups: {
    group_key: string;
    namespace: string;
    labels: string;
    families: string;
    pushed_at: number;
    failed_at: number;
  };
  deadlines: DeadlinesTable;
  slots: SlotsTable;
  judgements: JudgementsTable;
  incidents: IncidentsTable;
  incident_entries: { id: Generated<number>; incident_id: number; at: number; text: string };
  deliveries: DeliveriesTable;
  alert_groups: AlertGroupsTable;
  alert_group_members: AlertGroupMembersTable;
  delivery_incidents: { delivery_id: number; incident_id: number };
  receiver_memories: ReceiverMemoriesTable;
  delivery_tries: {
    id: Generated<number>;
    delivery_id: number;
    at: number;
    latency_ms: number;
    status: number | null;
    error: string | null;
  };
}
