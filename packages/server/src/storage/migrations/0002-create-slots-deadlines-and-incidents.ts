/** What the watch and alerting keep. Runs are referred to without a foreign key: retention drops them first. */
import type { Migration } from "./migration.ts";

export const createSlotsDeadlinesAndIncidents: Migration = {
  name: "0002-create-slots-deadlines-and-incidents",
  statements: ({ id, int, small, real, text, end }) => [
    `create table slots (
      id ${id}, job_id ${int} not null references jobs (id), slot_at ${real} not null,
      early_at ${real} not null, late_at ${real} not null, state ${text} not null, reason ${text},
      run_row_id ${int}, unique (job_id, slot_at)
    ) ${end}`,
    "create index slots_by_time on slots (slot_at)",

    `create table deadlines (
      id ${id}, kind ${text} not null, subject ${text} not null, job_id ${int}, due_at ${real} not null,
      payload ${text}, failures ${int} not null, last_error ${text}, is_parked ${small} not null,
      lease_until ${real}, unique (subject, kind)
    ) ${end}`,
    "create index deadlines_due on deadlines (kind, due_at) where is_parked = 0",
    "create index deadlines_by_job on deadlines (job_id)",
    "create index deadlines_leased on deadlines (lease_until) where lease_until is not null",
    "create index deadlines_parked on deadlines (kind) where is_parked = 1",

    `create table incidents (
      id ${id}, job_id ${int} not null references jobs (id), state ${text} not null,
      severity ${text} not null, alert_name ${text} not null, title ${text} not null,
      opened_at ${real} not null, resolved_at ${real}, resolution ${text}, run_row_id ${int}, slot_id ${int},
      labels ${text} not null, annotations ${text} not null, is_notified ${small} not null
    ) ${end}`,
    "create index incidents_by_time on incidents (opened_at)",
    "create index incidents_by_job on incidents (job_id, opened_at)",
    "create index incidents_by_run on incidents (run_row_id) where run_row_id is not null",
    "create index incidents_open on incidents (job_id) where state = 'open'",
    "create index incidents_resolved on incidents (resolved_at) where state = 'resolved'",

    `create table judgements (
      id ${id}, job_id ${int} not null references jobs (id), class ${text} not null, type ${text} not null,
      severity ${text} not null, subject ${text} not null, run_row_id ${int}, slot_id ${int},
      state ${text} not null, at ${real} not null, judged_at ${real} not null, resolved_at ${real},
      limit_text ${text}, value_text ${text}, explanation ${text} not null, resolution ${text},
      suppressed_because ${text}, incident_id ${int} references incidents (id) on delete cascade,
      unique (subject, type)
    ) ${end}`,
    "create index judgements_open on judgements (job_id) where state = 'open'",
    "create index judgements_by_run on judgements (run_row_id) where run_row_id is not null",
    "create index judgements_by_incident on judgements (incident_id)",

    `create table incident_entries (
      id ${id}, incident_id ${int} not null references incidents (id) on delete cascade,
      at ${real} not null, text ${text} not null
    ) ${end}`,
    "create index incident_entries_by_incident on incident_entries (incident_id)",

    `create table deliveries (
      id ${id}, incident_id ${int} not null references incidents (id) on delete cascade,
      receiver ${text} not null, channel ${text} not null, reason ${text} not null, dedup_key ${text} not null,
      payload ${text} not null, state ${text} not null, created_at ${real} not null, next_try_at ${real},
      delivered_at ${real}, lease_until ${real}
    ) ${end}`,
    "create index deliveries_pending on deliveries (next_try_at) where state = 'pending'",
    "create index deliveries_by_incident on deliveries (incident_id)",

    `create table delivery_tries (
      id ${id}, delivery_id ${int} not null references deliveries (id) on delete cascade,
      at ${real} not null, latency_ms ${real} not null, status ${int}, error ${text}
    ) ${end}`,
    "create index delivery_tries_by_delivery on delivery_tries (delivery_id)",
  ],
};
