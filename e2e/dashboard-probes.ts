/** What the browser tests of dashboards look at: gauges with known values at known times, and a dashboard over them. */
import { expect, vi } from "vitest";
import type { TestServer } from "../packages/server/src/test-server.ts";

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** How far back samples go, and how close they stand. */
export const SPAN = 60 * MINUTE;
const STEP = 15 * SECOND;

const PATIENT = { timeout: 20_000 };

export const PROBES_DASHBOARD = `dashboard:
  title: Probes
  panels:
    - title: Level
      type: timeseries
      query: probe_level{job_name=~"$job_name"}
      label: "{{job_name}}"
      min: 0
      max: 40
      thresholds: [{ value: 0, color: red }, { value: 30, color: green }]
    - title: Rate now
      type: stat
      unit: percent
      query: probe_level{job_name="a"} * 2
      label: twice
      thresholds: [{ value: 0, color: red }, { value: 50, color: green }]
    - title: By job
      type: table
      query: probe_level
    - title: Waits
      type: heatmap
      unit: seconds
      query: sum by (le) (probe_wait_bucket)
    - title: Shares
      type: piechart
      query: probe_share
      label: "{{error_type}}"
    - title: Alive
      type: state-timeline
      query: probe_alive
      label: "{{job_name}}"
`;

/** Gauges over OTLP, so that each value stands at a known time. */
export async function sendProbes(server: TestServer, end: number): Promise<void> {
  const times = Array.from({ length: SPAN / STEP + 1 }, (_, index) => end - SPAN + index * STEP);
  const half = end - SPAN / 2;
  const gauge = (
    name: string,
    attributes: Record<string, string>,
    valueAt: (at: number) => number | null,
  ) => ({
    name,
    gauge: {
      dataPoints: times.flatMap((at) => {
        const value = valueAt(at);
        if (value === null) return [];
        return [
          {
            timeUnixNano: `${at}000000`,
            asDouble: value,
            attributes: Object.entries(attributes).map(([key, text]) => ({
              key,
              value: { stringValue: text },
            })),
          },
        ];
      }),
    },
  });
  const metrics = [
    gauge("probe_level", { job_name: "a" }, (at) => (at < half ? 10 : 30)),
    gauge("probe_level", { job_name: "b" }, () => 20),
    ...[
      ["1", 0],
      ["5", 4],
      ["10", 5],
      ["+Inf", 5],
    ].map(([le, value]) => gauge("probe_wait_bucket", { le: String(le) }, () => Number(value))),
    gauge("probe_share", { error_type: "Timeout" }, () => 3),
    gauge("probe_share", { error_type: "" }, () => 1),
    gauge("probe_alive", { job_name: "a" }, (at) => (at < half ? 1 : 0)),
    gauge("probe_alive", { job_name: "b" }, () => 1),
  ];
  const { status, text } = await server.request("/v1/metrics", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics }] }] }),
  });
  expect({ status, text }).toMatchObject({ status: 200 });
  await vi.waitFor(async () => expect(await instant(server, end, "count(probe_level)")).toBe(2), PATIENT);
}

async function instant(server: TestServer, end: number, query: string): Promise<number> {
  const search = new URLSearchParams({ query, time: String(end / SECOND) });
  const { json } = await server.request(`/api/v1/query?${search}`);
  const { data } = json as { data: { result: { value: [number, string] }[] } };
  return Number(data.result[0]?.value[1]);
}
