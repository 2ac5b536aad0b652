/** Spans and log records, shown with their run. Runs are referred to without a foreign key: each kind ages by itself. */
import type { Migration } from "./migration.ts";

export const createSpansAndLogs: Migration = {
  name: "0003-create-spans-and-logs",
  statements: ({ id, int, small, real, text, bytes, end, clustered }) => [
    `create table spans (
      trace_id ${bytes} not null, span_id ${bytes} not null, parent_span_id ${bytes}, name ${text} not null,
      service_name ${text}, started_at ${real} not null, ended_at ${real} not null, status ${small} not null,
      detail ${text}, primary key (trace_id, span_id)
    ) ${clustered}`,
    "create index spans_by_time on spans (ended_at)",

    `create table logs (
      id ${id}, log_key ${bytes} not null unique, run_row_id ${int}, trace_id ${bytes}, span_id ${bytes},
      at ${real} not null, severity ${small}, body ${text} not null, job_key ${text}, run_id ${text},
      detail ${text}
    ) ${end}`,
    "create index logs_by_run on logs (run_row_id, at) where run_row_id is not null",
    "create index logs_by_trace on logs (trace_id, at) where run_row_id is null and trace_id is not null",
    "create index logs_waiting_for_run on logs (run_id) where run_row_id is null and run_id is not null",
    "create index logs_by_time on logs (at)",
  ],
};
