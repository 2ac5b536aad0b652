import { describe, expect, test } from "vitest";
import { labelName, prometheusName } from "./prometheus-names.ts";

describe("a metric's name", () => {
  test.for([
    ["batch_job_duration_seconds", "s", "histogram", "batch_job_duration_seconds"],
    ["batch_job_duration_seconds", "", "histogram", "batch_job_duration_seconds"],
    ["batch_job_duration_seconds", "ms", "histogram", "batch_job_duration_seconds_milliseconds"],
    ["batch.job.duration", "s", "histogram", "batch_job_duration_seconds"],
    ["batch_job_duration", "s", "histogram", "batch_job_duration_seconds"],
    ["batch_job_records_processed_total", "", "counter", "batch_job_records_processed_total"],
    ["batch_job_records_processed_total", "1", "counter", "batch_job_records_processed_total"],
    ["batch_job_records_processed_total", "{record}", "counter", "batch_job_records_processed_total"],
    ["batch_job_records_processed_total", "records", "counter", "batch_job_records_processed_total"],
    ["batch_job_records_processed", "{record}", "counter", "batch_job_records_processed_total"],
    ["batch_jobs_running", "", "gauge", "batch_jobs_running"],
    ["batch_jobs_running", "{job}", "gauge", "batch_jobs_running"],
    ["batch_jobs_running", "1", "gauge", "batch_jobs_running_ratio"],
    ["batch_jobs_running", "1", "sum", "batch_jobs_running"],
    ["batch_job_heartbeat", "", "gauge", "batch_job_heartbeat"],
    ["batch_job_heartbeat", "s", "gauge", "batch_job_heartbeat_seconds"],
    ["batch_job_last_success_timestamp", "s", "gauge", "batch_job_last_success_timestamp_seconds"],
    ["batch_job_completions_total", "{run}", "counter", "batch_job_completions_total"],
    ["batch_job_total_cost", "", "counter", "batch_job_cost_total"],
    ["http.server.request.size", "By", "histogram", "http_server_request_size_bytes"],
    ["disk.io", "By/s", "gauge", "disk_io_bytes_per_second"],
    ["a__b", "", "gauge", "a_b"],
    ["2xx", "", "gauge", "_2xx"],
  ] as const)("%s in %s, %s, becomes %s", ([name, unit, kind, expected]) => {
    const metric =
      kind === "counter" || kind === "sum"
        ? { kind: "sum" as const, isMonotonic: kind === "counter" }
        : { kind };
    expect(prometheusName({ name, unit, ...metric })).toBe(expected);
  });
});

describe("an attribute's label", () => {
  test.for([
    ["job_name", "job_name"],
    ["service.name", "service_name"],
    ["http.response.status-code", "http_response_status_code"],
    ["1st", "key_1st"],
    ["größe", "gr__e"],
  ] as const)("%s becomes %s", ([key, expected]) => {
    expect(labelName(key)).toBe(expected);
  });
});
