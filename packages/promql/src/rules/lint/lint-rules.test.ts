// For each lint rules that it must see, and rules near to those that it must leave alone.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseRuleFile } from "../parse-rule-file.ts";
import { lintRules, RULE_LINTS } from "./lint-rules.ts";

const SEED = join(import.meta.dirname, "../../../../../../shared/seed/alert-rules.yaml");

function codesFor(expr: string, more = ""): string[] {
  const text = `groups:\n- name: g\n  rules:\n  - alert: A\n    expr: >-\n      ${expr}\n${more}`;
  const { groups, findings } = parseRuleFile(text, "f.yaml");
  expect(findings).toEqual([]);
  return lintRules(groups).map(({ code }) => code);
}

interface Case {
  readonly code: string;
  readonly seen: readonly (string | [string, string])[];
  readonly left: readonly (string | [string, string])[];
}

const CASES: readonly Case[] = [
  {
    code: "absent-names-no-job",
    seen: [
      'absent_over_time(x{job_name=~".+"}[5m])',
      "absent(x)",
      'absent(sum(x{job_name="a"}))',
      'absent(x{job_name=""})',
    ],
    left: ['absent(x{job_name="nightly"})', 'absent_over_time(x{job="a"}[26h])', "x unless on (job_name) y"],
  },
  {
    code: "absent-while-idle",
    seen: [
      'absent(batch_job_heartbeat{job_name="a"})',
      'absent_over_time(batch_job_progress_rate{job_name="a"}[5m])',
    ],
    left: ["batch_job_heartbeat == 0", 'absent(batch_job_last_success_timestamp{job_name="a"})'],
  },
  {
    code: "age-with-one-limit",
    seen: [
      "time() - max by (job_name) (batch_job_last_success_timestamp) > 86400",
      "86400 < time() - x_last_run_timestamp_seconds",
      'time() - batch_job_last_success_timestamp{job_name=~".+"} > 7 * 86400',
    ],
    left: [
      'time() - batch_job_last_success_timestamp{job_name="a"} > 86400',
      'time() - batch_job_last_success_timestamp{job_name=~"a|b"} > 86400',
      "time() - batch_job_last_success_timestamp > 40 * 86400",
      "time() - batch_job_last_success_timestamp < 60",
      "batch_job_next_deadline_timestamp - time() < 60",
    ],
  },
  {
    code: "blind-to-never-succeeded",
    seen: ['time() - batch_job_last_success_timestamp{job_name="a"} > 86400'],
    left: [
      'time() - batch_job_last_success_timestamp{job_name="a"} > 86400 or absent(batch_job_last_success_timestamp{job_name="a"})',
      'time() - process_start_time_seconds{job="a"} > 86400',
    ],
  },
  {
    code: "blind-to-hung-runs",
    seen: [
      "histogram_quantile(0.95, sum by (le, job_name) (increase(batch_job_duration_seconds_bucket[7d]))) > 3600",
      "increase(batch_job_duration_seconds_sum[7d]) > 3600",
    ],
    left: [
      "increase(batch_job_duration_seconds_count[7d]) < 1",
      "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 1",
    ],
  },
  {
    code: "quantile-of-nothing",
    seen: ["histogram_quantile(0.5, rate(batch_job_duration_seconds_bucket[15m])) > 3600"],
    left: [
      "histogram_quantile(0.5, increase(batch_job_duration_seconds_bucket[7d])) > 3600",
      "histogram_quantile(0.5, rate(http_seconds_bucket[15m])) > 1",
    ],
  },
  {
    code: "buckets-too-coarse",
    seen: [
      "histogram_quantile(0.5, increase(batch_job_duration_seconds_bucket[7d])) > 3600",
      "histogram_quantile(0.5, increase(batch_job_execution_seconds_bucket[7d])) > 200",
      "histogram_quantile(0.5, increase(batch_job_duration_seconds_bucket[7d])) > 500000",
    ],
    left: [
      "histogram_quantile(0.5, increase(batch_job_duration_seconds_bucket[7d])) > 10",
      "histogram_quantile(0.5, increase(other_bucket[7d])) > 3600",
    ],
  },
  {
    code: "pages-jobs-that-count-at-the-end",
    seen: [
      "rate(batch_job_records_processed_total[15m]) == 0",
      "sum by (job_name) (increase(batch_job_records_processed_total[1h])) < 100",
    ],
    left: [
      "rate(batch_job_records_processed_total[15m]) > 0",
      "batch_job_progress_rate == 0",
      "rate(http_requests_total[5m]) == 0",
    ],
  },
  {
    code: "counter-without-rate",
    seen: [
      "batch_job_completions_total > 5",
      'sum by (job_name) (batch_job_completions_total{status="failure"}) > 0',
      "0 < errors_total",
    ],
    left: [
      "increase(batch_job_completions_total[1d]) > 5",
      "count(errors_total) > 3",
      "batch_jobs_running > 5",
      "errors_total - errors_total offset 1h > 0",
    ],
  },
  {
    code: "resolves-by-itself",
    seen: [
      "increase(batch_job_sla_violations_total[1h]) > 0",
      'sum by (job_name) (rate(batch_job_completions_total{status="failure"}[1h])) / sum by (job_name) (rate(batch_job_completions_total[1h])) > 0.05',
    ],
    left: [
      ["increase(batch_job_sla_violations_total[1h]) > 0", "    keep_firing_for: 2d\n"],
      "rate(http_errors_total[5m]) > 1",
      "increase(batch_job_completions_total[1h]) > 100",
      "increase(batch_job_records_failed_total[1h]) < 1",
    ],
  },
  {
    code: "for-outlasts-window",
    seen: [
      ["increase(errors_total[5m]) > 0", "    for: 10m\n"],
      ["increase(errors_total[5m]) > 0", "    for: 5m\n"],
    ],
    left: [
      ["increase(errors_total[1h]) > 0", "    for: 10m\n"],
      ["rate(errors_total[5m]) > 10", "    for: 10m\n"],
      "increase(errors_total[5m]) > 0",
    ],
  },
  {
    code: "labels-never-match",
    seen: [
      "sum by (job_name) (rate(batch_job_records_processed_total[15m])) == 0 and batch_jobs_running > 0",
      "sum by (a) (x) / sum by (a, b) (y)",
      'sum by (a) (x) unless y{env="prod"}',
      "sum(x) / sum by (a) (y)",
      "sum by (b) (x) * on (a) sum by (a) (y)",
    ],
    left: [
      "sum by (job_name) (rate(batch_job_records_processed_total[15m])) == 0 and on (job_name) batch_jobs_running > 0",
      "sum by (a) (x) / sum by (a) (y)",
      "sum by (a) (x) / ignoring (b) group_right () sum by (a, b) (y)",
      "sum by (a) (x) or sum by (b) (y)",
      "x / y",
      "sum by (a) (x) / y",
      "sum by (a, b) (x) * on (a) group_left () sum by (a) (y)",
      'sum by (env) (x) / y{env="prod"}',
      "sum by (a) (x) > 5",
      'sum by (a, b) (label_replace(x, "b", "c", "", "")) / sum by (a, b) (y)',
    ],
  },
  {
    code: "rate-window-too-short",
    seen: ["rate(x_total[15s]) > 1", "increase(x_total[30s]) > 1"],
    left: ["rate(x_total[1m]) > 1", "max_over_time(x[15s]) > 1", "rate(x_total[5m:15s]) > 1"],
  },
  {
    code: "template-label-missing",
    seen: [
      ["sum by (job) (x) > 0", "    annotations: {s: '{{ $labels.job_name }}'}\n"],
      ['absent(x{job_name=~"a.*", job="a"})', "    labels: {s: '{{ .Labels.job_name }}'}\n"],
    ],
    left: [
      ["sum by (job_name) (x) > 0", "    annotations: {s: '{{ $labels.job_name }}'}\n"],
      ["x > 0", "    annotations: {s: '{{ $labels.anything }}'}\n"],
      ['absent(x{job_name="a"})', "    annotations: {s: '{{ $labels.job_name }}'}\n"],
      ["sum by (a) (x) * on (a) group_left (b) y > 0", "    annotations: {s: '{{ $labels.b }}'}\n"],
    ],
  },
  {
    code: "value-in-label",
    seen: [
      ["x > 0", "    labels: {v: '{{ $value }}'}\n"],
      ["x > 0", "    labels: {v: '{{ .Value | humanize }}'}\n"],
    ],
    left: [
      ["x > 0", "    annotations: {v: '{{ $value }}'}\n"],
      ["x > 0", "    labels: {v: '{{ $labels.value }}'}\n"],
    ],
  },
];

test("each lint has its cases", () => {
  expect(CASES.map(({ code }) => code).toSorted()).toEqual(RULE_LINTS.map(({ code }) => code).toSorted());
});

describe.each(CASES)("$code", ({ code, seen, left }) => {
  test.each(seen.map((one) => [one].flat()))("is seen in %s %s", (expr, more) => {
    expect(codesFor(expr ?? "", more)).toContain(code);
  });
  test.each(left.map((one) => [one].flat()))("is not in %s %s", (expr, more) => {
    expect(codesFor(expr ?? "", more)).not.toContain(code);
  });
});

test("known buckets are judged by their own bounds", () => {
  const text =
    "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'histogram_quantile(0.9, rate(x_bucket[1d])) > 600'}\n";
  const { groups } = parseRuleFile(text, "f.yaml");
  const findings = (bounds: number[]) => lintRules(groups, { bucketBounds: new Map([["x", bounds]]) });
  expect(findings([60, 600, 6000])).toEqual([]);
  expect(findings([500, 700])).toEqual([]);
  expect(findings([60, 6000])).toMatchObject([
    { message: expect.stringContaining("no bound between 60 and 6000") },
  ]);
  expect(findings([60, 300, Number.POSITIVE_INFINITY])).toMatchObject([
    { message: expect.stringContaining("never passed") },
  ]);
});

test("a finding says where it is and what to do", () => {
  const text = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: absent(x)\n";
  expect(lintRules(parseRuleFile(text, "f.yaml").groups)).toEqual([
    {
      file: "f.yaml",
      line: 5,
      rule: "A",
      code: "absent-names-no-job",
      message: expect.stringContaining("names no job"),
      remedy: expect.stringMatching(/^[A-Z].*\.$/),
    },
  ]);
});

test.skipIf(!existsSync(SEED))("a user's own rules are explained (../shared/seed, where it is there)", () => {
  const { groups } = parseRuleFile(readFileSync(SEED, "utf8"), "alert-rules.yaml");
  const codes = Object.groupBy(lintRules(groups), ({ rule }) => rule);
  const of = (rule: string) => codes[rule]?.map(({ code }) => code).toSorted();
  expect(of("BatchJobDurationSLABreach")).toEqual([
    "blind-to-hung-runs",
    "buckets-too-coarse",
    "quantile-of-nothing",
  ]);
  expect(of("BatchJobHighFailureRate")).toEqual(["resolves-by-itself"]);
  expect(of("BatchJobHeartbeatMissing")).toEqual(["absent-names-no-job", "absent-while-idle"]);
  expect(of("BatchJobZeroThroughput")).toEqual(["labels-never-match", "pages-jobs-that-count-at-the-end"]);
  expect(of("BatchJobNotRunRecently")).toEqual(["age-with-one-limit", "blind-to-never-succeeded"]);
  expect(of("BatchJobSLAViolation")).toEqual(["resolves-by-itself"]);
});
