import { describe, expect, test } from "vitest";
import type { ExposedFamily } from "../model/exposition.ts";
import { formatFor, renderExposition } from "./exposition-text.ts";

const FAMILIES: ExposedFamily[] = [
  {
    name: "batch_job_completions_total",
    type: "counter",
    help: 'Runs that ended, "by how"\nand \\ why.',
    points: [
      { labels: { job_name: 'a "b"\n\\c', status: "success" }, value: 3, createdAt: 1_700_000_000_500 },
    ],
  },
  {
    name: "batch_job_duration_seconds",
    type: "histogram",
    help: "Time.",
    points: [
      {
        labels: { job_name: "a" },
        value: { bounds: [1, 2.5], below: [0, 1], count: 2, sum: 44.5 },
        createdAt: 1_700_000_000_000,
      },
    ],
  },
  {
    name: "batch_jobs_running",
    type: "gauge",
    help: "Now.",
    points: [{ labels: {}, value: Number.POSITIVE_INFINITY }],
  },
];

test("the text format names a counter with its suffix", () => {
  expect(
    renderExposition(FAMILIES, "text"),
  ).toBe(`# HELP batch_job_completions_total Runs that ended, "by how"\\nand \\\\ why.
# TYPE batch_job_completions_total counter
batch_job_completions_total{job_name="a \\"b\\"\\n\\\\c",status="success"} 3
# HELP batch_job_duration_seconds Time.
# TYPE batch_job_duration_seconds histogram
batch_job_duration_seconds_bucket{job_name="a",le="1"} 0
batch_job_duration_seconds_bucket{job_name="a",le="2.5"} 1
batch_job_duration_seconds_bucket{job_name="a",le="+Inf"} 2
batch_job_duration_seconds_sum{job_name="a"} 44.5
batch_job_duration_seconds_count{job_name="a"} 2
# HELP batch_jobs_running Now.
# TYPE batch_jobs_running gauge
batch_jobs_running +Inf
`);
});

test("OpenMetrics names the family without it, tells units and zero points, and ends with a mark", () => {
  expect(renderExposition(FAMILIES, "openmetrics")).toBe(`# TYPE batch_job_completions counter
# HELP batch_job_completions Runs that ended, \\"by how\\"\\nand \\\\ why.
batch_job_completions_total{job_name="a \\"b\\"\\n\\\\c",status="success"} 3
batch_job_completions_created{job_name="a \\"b\\"\\n\\\\c",status="success"} 1700000000.5
# TYPE batch_job_duration_seconds histogram
# UNIT batch_job_duration_seconds seconds
# HELP batch_job_duration_seconds Time.
batch_job_duration_seconds_bucket{job_name="a",le="1.0"} 0
batch_job_duration_seconds_bucket{job_name="a",le="2.5"} 1
batch_job_duration_seconds_bucket{job_name="a",le="+Inf"} 2
batch_job_duration_seconds_sum{job_name="a"} 44.5
batch_job_duration_seconds_count{job_name="a"} 2
batch_job_duration_seconds_created{job_name="a"} 1700000000
# TYPE batch_jobs_running gauge
# HELP batch_jobs_running Now.
batch_jobs_running +Inf
# EOF
`);
});

describe("an Accept header of", () => {
  test.for([
    [undefined, "text"],
    ["*/*", "text"],
    ["text/plain", "text"],
    ["application/openmetrics-text", "openmetrics"],
    ["application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.6", "text"],
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.2",
      "openmetrics",
    ],
    ["application/openmetrics-text;version=2.0.0", "text"],
  ] as const)("%s is answered in %s", ([accept, format]) => {
    expect(formatFor(accept)).toBe(format);
  });
});
