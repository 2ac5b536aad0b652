/** The meter's series, what jobs told of themselves, and the marks of what is counted already. */
import type { Migration } from "./migration.ts";

export const createMeterSeries: Migration = {
  name: "0004-create-meter-series",
  statements: ({ id, int, small, real, text, end }) => [
    `create table meter_series (
      id ${id}, job_id ${int} not null references jobs (id) on delete cascade, family ${text} not null,
      labels ${text} not null, state ${text} not null, created_at ${real} not null,
      changed_at ${real} not null, unique (family, labels)
    ) ${end}`,

    `create table native_increments (
      id ${id}, job_id ${int} not null references jobs (id) on delete cascade, family ${text} not null,
      labels ${text} not null, instance_id ${text} not null, from_at ${real} not null, at ${real} not null,
      is_first ${small} not null, change ${text} not null, claimed ${int} not null, is_applied ${small} not null
    ) ${end}`,
    "create index native_increments_by_job on native_increments (job_id, at)",
    "create index native_increments_to_apply on native_increments (id) where is_applied = 0",
    "create index native_increments_by_time on native_increments (at)",

    `create table push_groups (
      group_key ${text} primary key, namespace ${text} not null, labels ${text} not null,
      families ${text} not null, pushed_at ${real} not null, failed_at ${real} not null
    ) ${end}`,

    // 0 and null: not metered. A run that changes afterwards differs in its version.
    `alter table runs add column metered_version ${int} not null default 0`,
    `alter table runs add column metered_phase ${small}`,
    // What it is counted as: stays when the run turns out to have ended otherwise.
    `alter table runs add column counted_phase ${small}`,
    "create index runs_to_meter on runs (id) where is_open = 0 and metered_version <> version",
    "create index runs_by_end on runs (job_id, completed_at) where completed_at is not null",

    `alter table judgements add column is_metered ${small} not null default 0`,
    "create index judgements_to_meter on judgements (id) where is_metered = 0",
  ],
};
