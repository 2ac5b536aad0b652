import {
  incidentDetailSchema,
  incidentSummarySchema,
  overviewSchema,
  pageOf,
  sampleSeriesSchema,
} from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { openTestApi, type TestApi, walk } from "../test-support/open-api.ts";
import { HOUR, NOW } from "../test-support/rows.ts";
import { seedIncident, seedJob, seedJudgement, seedRun } from "../test-support/seed.ts";

const incidentPage = pageOf(incidentSummarySchema);

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
});
afterEach(() => api.close());

describe("GET /api/incidents", () => {
  test("is empty at first", async () => {
    expect(await api.get("/api/incidents", incidentPage)).toEqual({ items: [], nextCursor: null });
  });

  test("lists them with their facts, filtered and by cursor", async () => {
    const { store } = api;
    for (let index = 0; index < 5; index++) {
      const job = await seedJob(store, `job_${index}`, {}, { namespace: index < 3 ? "default" : "sales" });
      const rowId = await seedRun(store, job, { runId: `run-${index}`, phase: "failed" });
      const subject = `run:${rowId}`;
      const facts = [
        await seedJudgement(store, job, {
          subject,
          runRowId: rowId,
          severity: index === 0 ? "warning" : "critical",
        }),
        await seedJudgement(store, job, {
          subject,
          runRowId: rowId,
          type: "step_failed",
          severity: "warning",
        }),
      ];
      await seedIncident(store, job, facts, {
        openedAt: NOW - index * HOUR,
        ...(index === 4 && { state: "resolved", resolvedAt: NOW, resolution: "A later run succeeded." }),
      });
    }
    const titles = async (query: string) =>
      (await api.get(`/api/incidents?${query}`, incidentPage)).items.map((incident) => incident.jobName);
    expect(await titles("")).toEqual(["job_0", "job_1", "job_2", "job_3", "job_4"]);
    expect(await titles("state=resolved")).toEqual(["job_4"]);
    expect(await titles("state=open&namespace=sales")).toEqual(["job_3"]);
    expect(await titles("sort=openedAt&limit=2")).toEqual(["job_4", "job_3"]);
    expect(await titles("severity=warning")).toEqual(["job_0"]);
    expect(await titles("jobName=job_2")).toEqual(["job_2"]);
    const { items, sizes } = await walk((cursor) =>
      api.get(
        `/api/incidents?limit=2${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
        incidentPage,
      ),
    );
    expect(sizes).toEqual([2, 2, 1]);
    expect(items[1]).toMatchObject({
      runId: "run-1",
      factTypes: ["run_failed", "step_failed"],
      severity: "critical",
    });
  });

  test.each([
    ["state=closed", "state"],
    ["severity=bad", "severity"],
    ["limit=-1", "limit"],
    ["cursor=nonsense", "cursor"],
    ["job=x", "job"],
  ])("?%s is refused and named", async (query, field) => {
    expect((await api.refused(400, `/api/incidents?${query}`)).errors?.[0]?.field).toBe(field);
  });
});

describe("GET /api/incidents/{id}", () => {
  test("shows facts, timeline and the proof of delivery", async () => {
    const { store } = api;
    const job = await seedJob(store, "daily_etl");
    const rowId = await seedRun(store, job, { runId: "r1", phase: "failed" });
    const fact = await seedJudgement(store, job, { subject: `run:${rowId}`, runRowId: rowId });
    const id = await seedIncident(
      store,
      job,
      [fact],
      {},
      {
        entries: [{ at: NOW - 60_000, text: "The run failed. The incident opens." }],
        deliveries: [
          {
            receiver: "oncall",
            channel: "webhook",
            reason: "opened",
            dedupKey: "k",
            payload: "{}",
            createdAt: NOW - 60_000,
          },
        ],
      },
    );
    const [delivery] = await store.deliveriesOf(id);
    await store.recordTry(
      delivery?.id ?? 0,
      { at: NOW - 50_000, latencyMs: 12, status: 503, error: null },
      false,
      NOW,
    );
    await store.recordTry(
      delivery?.id ?? 0,
      { at: NOW - 40_000, latencyMs: 9, status: 200, error: null },
      true,
      null,
    );
    const incident = await api.get(`/api/incidents/${id}`, incidentDetailSchema);
    expect(incident).toMatchObject({
      id: String(id),
      jobName: "daily_etl",
      runId: "r1",
      factTypes: ["run_failed"],
      facts: [
        { type: "run_failed", incidentId: String(id), explanation: "The run failed with exit code 1." },
      ],
      deliveries: [
        { receiver: "oncall", state: "delivered", tries: [{ status: 503 }, { status: 200, latencyMs: 9 }] },
      ],
    });
    expect(incident.timeline.map((entry) => entry.text)).toEqual([
      "The run failed. The incident opens.",
      "Try 1 to reach oncall (webhook), told that it opened, failed: status 503.",
      "Delivered to oncall (webhook), told that it opened.",
    ]);
  });

  test.each(["1", "999999"])("an unknown incident %s is refused", async (id) => {
    expect((await api.refused(404, `/api/incidents/${id}`)).code).toBe("incident_not_found");
  });

  test.each(["abc", "-1", "1.5"])("%s is no incident's number", async (id) => {
    expect((await api.refused(400, `/api/incidents/${id}`)).errors?.[0]?.field).toBe("id");
  });
});

test("GET /api/overview counts", async () => {
  const { store } = api;
  const job = await seedJob(store, "daily_etl", {}, { namespace: "sales" });
  await seedRun(store, job, { phase: "running", final: false, completedAt: null, durationMs: null });
  const fact = await seedJudgement(store, job, { subject: "run:1" });
  await seedIncident(store, job, [fact]);
  expect(await api.get("/api/overview", overviewSchema)).toEqual({
    version: "0.0.0-test",
    now: new Date(NOW).toISOString(),
    jobs: 1,
    running: 1,
    openIncidents: 1,
    openCritical: 1,
    namespaces: ["sales"],
    httpUrl: "http://127.0.0.1:4318",
    grpcAddress: "127.0.0.1:4317",
    authRequired: false,
    receiverConfigured: false,
    retention: {
      runsMs: 400 * 86_400_000,
      heartbeatsMs: 14 * 86_400_000,
      spansMs: 30 * 86_400_000,
      logsMs: 30 * 86_400_000,
      samplesMs: 90 * 86_400_000,
    },
  });
});

test("GET /api/schemas/jobs.json answers a JSON Schema", async () => {
  const schema = await api.get("/api/schemas/jobs.json", z.record(z.string(), z.unknown()));
  expect(schema).toMatchObject({ type: "object", properties: { jobs: { type: "array" } } });
});

describe("GET /api/samples", () => {
  const samplePage = pageOf(sampleSeriesSchema);

  beforeEach(async () => {
    await api.samples.append([
      {
        series: [
          { __name__: "batch_job_heartbeat", job_name: "daily_etl" },
          { __name__: "batch_job_heartbeat", job_name: "report" },
        ],
        seriesIndex: Uint32Array.of(0, 1, 0),
        times: Float64Array.of(NOW - 2000, NOW - 1500, NOW - 1000),
        values: Float64Array.of(1, 1, Number.NaN),
      },
    ]);
  });

  test("by name", async () => {
    const { items } = await api.get("/api/samples?name=batch_job_heartbeat", samplePage);
    expect(items.map((series) => series.labels.job_name).toSorted()).toEqual(["daily_etl", "report"]);
  });

  test.each([
    ["match=job_name%3Ddaily_etl"],
    ["name=batch_job_heartbeat&match=job_name!%3Dreport"],
    ["match=__name__%3Dbatch_job_heartbeat&match=job_name%3D~%22daily_.*%22"],
    ["name=batch_job_heartbeat&match=job_name!~rep.*"],
  ])("?%s", async (query) => {
    const { items } = await api.get(`/api/samples?${query}`, samplePage);
    expect(items).toEqual([
      {
        labels: { __name__: "batch_job_heartbeat", job_name: "daily_etl" },
        samples: [
          [new Date(NOW - 2000).toISOString(), 1],
          [new Date(NOW - 1000).toISOString(), null],
        ],
      },
    ]);
  });

  test("outside their time there are none", async () => {
    const to = NOW - HOUR;
    expect((await api.get(`/api/samples?name=batch_job_heartbeat&to=${to}`, samplePage)).items).toEqual([]);
  });

  test.each([
    ["", "match"],
    ["match=nonsense", "match.0"],
    ["match=job_name!%3Dx", "match"],
    ["match=a%3Db&match=job_name%3D~%28", "match"],
    ["name=x&from=2026-11-24T00:00:00Z", "from"],
    ["name=x&step=15s", "step"],
  ])("?%s is refused and named", async (query, field) => {
    expect((await api.refused(400, `/api/samples?${query}`)).errors?.[0]?.field).toBe(field);
  });
});
