/** Jobs with their settings, runs, what happened to them, and the small tables of the installation. */
import type { Migration } from "./migration.ts";

export const createJobsRunsAndEvents: Migration = {
  name: "0001-create-jobs-runs-and-events",
  statements: ({ id, int, small, real, text, bytes, thenId, end, clustered }) => [
    `create table installation_facts (
      name ${text} primary key, value ${text} not null
    ) ${end}`,

    `create table api_keys (
      id ${id}, name ${text} not null, scope ${text} not null, hash ${text} not null unique,
      prefix ${text} not null, namespace ${text}, created_at ${real} not null, last_used_at ${real},
      revoked_at ${real}
    ) ${end}`,

    `create table jobs (
      id ${id}, namespace ${text} not null, environment ${text} not null, job_name ${text} not null,
      name_search ${text} not null, ping_uuid ${text} not null unique, first_seen_at ${real} not null,
      created_by ${text} not null, owner ${text}, job_type ${text}, settings_version ${int} not null,
      unique (namespace, environment, job_name)
    ) ${end}`,
    "create index jobs_by_name on jobs (job_name)",

    `create table job_settings (
      job_id ${int} not null references jobs (id) on delete cascade, source ${text} not null,
      settings ${text} not null, primary key (job_id, source)
    ) ${clustered}`,

    `create table job_tags (
      name ${text} not null, value ${text} not null,
      job_id ${int} not null references jobs (id) on delete cascade, primary key (name, value, job_id)
    ) ${clustered}`,
    "create index job_tags_by_job on job_tags (job_id)",

    `create table runs (
      id ${id}, job_id ${int} not null references jobs (id), run_id ${text} not null,
      phase ${small} not null, is_open ${small} not null, is_unnamed ${small} not null,
      run_type ${small} not null, witness ${small} not null,
      scheduled_at ${real}, queued_at ${real}, started_at ${real}, completed_at ${real}, duration_ms ${real},
      records_processed ${real}, records_failed ${real}, error_type ${text}, error_message ${text},
      last_event_at ${real} not null, last_beat_at ${real}, first_received_at ${real} not null,
      sort_at ${real} not null, slot_id ${int}, version ${int} not null, view ${text},
      unique (run_id, job_id)
    ) ${end}`,
    // The phase stands in the index so that "the last good run" is found without reading rows.
    "create index runs_by_job on runs (job_id, sort_at, phase)",
    `create index runs_by_time on runs (sort_at${thenId})`,
    "create index runs_by_phase on runs (phase, sort_at)",
    // An open run has no duration and sorts as the shortest, in both engines.
    `create index runs_by_duration on runs ((coalesce(duration_ms, -1))${thenId})`,
    "create index runs_open on runs (job_id, phase) where is_open = 1",

    `create table run_facts (
      run_row_id ${int} primary key references runs (id) on delete cascade, facts ${text} not null
    ) ${end}`,

    `create table run_aliases (
      alias ${text} not null, run_row_id ${int} not null references runs (id) on delete cascade,
      primary key (alias, run_row_id)
    ) ${clustered}`,
    "create index run_aliases_by_run on run_aliases (run_row_id)",

    `create table run_events (
      run_row_id ${int} not null references runs (id) on delete cascade, event_key ${bytes} not null,
      kind ${small} not null, witness ${small} not null, at ${real} not null, lag_ms ${real} not null,
      detail ${text}, primary key (run_row_id, event_key)
    ) ${clustered}`,

    `create table run_beats (
      run_row_id ${int} not null references runs (id) on delete cascade, kind ${small} not null,
      witness ${small} not null, bucket ${int} not null, event_key ${bytes} not null,
      at ${real} not null, lag_ms ${real} not null, detail ${text},
      primary key (run_row_id, kind, witness, bucket)
    ) ${clustered}`,
    "create index run_beats_by_time on run_beats (at)",

    `create table orphan_events (
      event_key ${bytes} primary key, span_ref ${text} not null, trace_ref ${text} not null,
      received_at ${real} not null, event ${text} not null
    ) ${end}`,
    "create index orphan_events_by_span on orphan_events (span_ref)",
    "create index orphan_events_by_trace on orphan_events (trace_ref)",
    "create index orphan_events_by_receipt on orphan_events (received_at)",

    `create table metric_streams (
      stream_id ${text} primary key, updated_at ${real} not null, state ${text} not null
    ) ${end}`,
    "create index metric_streams_by_time on metric_streams (updated_at)",

    `create table metric_evidence (
      evidence_id ${text} primary key, job_id ${int} not null references jobs (id), at ${real} not null,
      settle_at ${real} not null, state ${text} not null, is_settled ${small} not null
    ) ${end}`,
    "create index metric_evidence_by_job on metric_evidence (job_id, at)",
    "create index metric_evidence_by_settling on metric_evidence (settle_at)",
  ],
};
