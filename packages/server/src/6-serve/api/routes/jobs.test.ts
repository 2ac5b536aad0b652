import {
  type JobSummary,
  jobDetailSchema,
  jobSummarySchema,
  pageOf,
  schedulePreviewSchema,
} from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EMPTY_WATCH_COMMIT } from "../../../storage/ledger-store.ts";
import { openTestApi, type TestApi, walk } from "../test-support/open-api.ts";
import { HOUR, MINUTE, NOW } from "../test-support/rows.ts";
import { seedIncident, seedJob, seedJudgement, seedRun } from "../test-support/seed.ts";

const jobPage = pageOf(jobSummarySchema);
const BERLIN = {
  kind: "cron",
  cron: "0 2 * * *",
  seconds: false,
  timezone: "Europe/Berlin",
  earlyWindowMs: null,
  lateWindowMs: null,
} as const;

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
});
afterEach(() => api.close());

const names = (page: { items: JobSummary[] }) => page.items.map((job) => job.jobName);

describe("GET /api/jobs", () => {
  test("is empty at first, in any order", async () => {
    expect(await api.get("/api/jobs", jobPage)).toEqual({ items: [], nextCursor: null });
    expect(await api.get("/api/jobs?sort=health", jobPage)).toEqual({ items: [], nextCursor: null });
  });

  test("shows a job with its strip, health, durations and what is next", async () => {
    const { store } = api;
    const job = await seedJob(store, "daily_etl", { schedule: BERLIN, owner: "data" });
    for (let day = 1; day <= 3; day++) {
      const startedAt = NOW - day * 24 * HOUR;
      const durationMs = day * 10 * MINUTE;
      await seedRun(store, job, {
        runId: `r${day}`,
        startedAt,
        completedAt: startedAt + durationMs,
        durationMs,
      });
    }
    const [item] = (await api.get("/api/jobs", jobPage)).items;
    expect(item).toMatchObject({
      jobName: "daily_etl",
      owner: "data",
      health: "ok",
      schedule: "every day at 02:00 Europe/Berlin",
      timezone: "Europe/Berlin",
      nextSlotAt: "2026-11-24T01:00:00.000Z",
      runningCount: 0,
      usualDurationMs: 20 * MINUTE,
      p95DurationMs: 29 * MINUTE,
      lastSuccessAt: new Date(NOW - 24 * HOUR + 10 * MINUTE).toISOString(),
      openIncidentId: null,
    });
    expect(item?.strip.map((bar) => bar.runId)).toEqual(["r3", "r2", "r1"]);
    expect(item?.lastRun?.runId).toBe("r1");
  });

  test("a failed run, its incident and an open run are told", async () => {
    const { store } = api;
    const job = await seedJob(store, "daily_etl");
    const rowId = await seedRun(store, job, { runId: "bad", phase: "failed", errorMessage: "disk full" });
    await seedRun(store, job, {
      runId: "again",
      phase: "running",
      final: false,
      startedAt: NOW - MINUTE,
      completedAt: null,
      durationMs: null,
    });
    const fact = await seedJudgement(store, job, { subject: `run:${rowId}`, runRowId: rowId });
    const incidentId = await seedIncident(store, job, [fact]);
    const [item] = (await api.get("/api/jobs", jobPage)).items;
    expect(item).toMatchObject({
      health: "failing",
      healthReason: "The run failed with exit code 1.",
      runningCount: 1,
      openIncidentId: String(incidentId),
      openIncidentSeverity: "critical",
      lastSuccessAt: null,
    });
  });

  describe("with many jobs", () => {
    beforeEach(async () => {
      const { store } = api;
      for (let index = 0; index < 12; index++) {
        const job = await seedJob(
          store,
          `job_${String(index).padStart(2, "0")}`,
          {
            owner: index % 2 === 0 ? "even" : "odd",
            tags: { tier: String(index % 3) },
            jobType: index < 6 ? "etl" : "report",
          },
          { namespace: index < 9 ? "default" : "sales", environment: index === 11 ? "staging" : "" },
        );
        await seedRun(store, job, {
          runId: `run-${index}`,
          startedAt: NOW - (index + 1) * HOUR,
          phase: index % 4 === 1 ? "failed" : "completed",
        });
      }
    });

    test.each([
      ["namespace=sales", ["job_09", "job_10", "job_11"]],
      ["environment=staging", ["job_11"]],
      ["owner=odd&jobType=etl", ["job_01", "job_03", "job_05"]],
      ["tag=tier%3D0&namespace=default", ["job_00", "job_03", "job_06"]],
      ["search=B_1", ["job_10", "job_11"]],
      ["health=failing", ["job_01", "job_05", "job_09"]],
      ["health=failing&namespace=default", ["job_01", "job_05"]],
      ["health=failing,late&health=paused&search=05", ["job_05"]],
      ["health=running", []],
      ["sort=-lastRunAt&limit=2", ["job_00", "job_01"]],
      ["sort=health&limit=4", ["job_01", "job_05", "job_09", "job_00"]],
      ["sort=-lastRunAt&owner=odd&tag=tier%3D1", ["job_01", "job_07"]],
    ])("?%s", async (query, expected) => {
      expect(names(await api.get(`/api/jobs?${query}`, jobPage))).toEqual(expected);
    });

    test.each(["jobName", "health", "-lastRunAt", "nextDueAt"])(
      "is walked by cursor in the order of %s",
      async (sort) => {
        const { items, sizes } = await walk((cursor) =>
          api.get(`/api/jobs?sort=${sort}&limit=5${cursor === null ? "" : `&cursor=${cursor}`}`, jobPage),
        );
        expect(sizes).toEqual([5, 5, 2]);
        expect(new Set(items.map((job) => job.jobName)).size).toBe(12);
      },
    );

    test("an order by health follows what happens", async () => {
      const { store, feed } = api;
      expect(names(await api.get("/api/jobs?sort=health&limit=1", jobPage))).toEqual(["job_01"]);
      const key = { namespace: "default", environment: "", jobName: "job_00" };
      const job = await store.findJob(key);
      if (job === null) throw new Error("no job");
      await seedRun(store, job, { runId: "worse", phase: "failed", startedAt: NOW, completedAt: NOW });
      feed.publish({ topic: "run", jobId: job.id, job: key, runRowId: 1, runId: "worse", phase: "failed" });
      expect(names(await api.get("/api/jobs?sort=health&limit=1", jobPage))).toEqual(["job_00"]);
    });
  });

  test("passing time alone makes a job late", async () => {
    const { store, clock } = api;
    const job = await seedJob(store, "daily_etl");
    await seedRun(store, job, { runId: "r1" });
    const slotAt = NOW + MINUTE;
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      newSlots: [
        {
          jobId: job.id,
          slotAt,
          earlyAt: slotAt,
          lateAt: slotAt + 10 * MINUTE,
          state: "expected",
          reason: null,
          runRowId: null,
        },
      ],
    });
    const late = () => api.get("/api/jobs?health=late", jobPage).then(names);
    expect(await late()).toEqual([]);
    clock.advance(5 * MINUTE);
    expect(await late()).toEqual([]);
    clock.advance(10 * MINUTE);
    expect(await late()).toEqual(["daily_etl"]);
  });

  test("a job that comes later stands in every order", async () => {
    const order = (sort: string) => api.get(`/api/jobs?sort=${sort}`, jobPage).then(names);
    expect(await order("health")).toEqual([]);
    await api.send("PUT", "/api/jobs/default/weekly_report", {}, jobDetailSchema);
    await api.send("PUT", "/api/jobs/default/daily_etl", {}, jobDetailSchema);
    for (const sort of ["jobName", "health", "-lastRunAt", "nextDueAt"]) {
      expect(await order(sort)).toEqual(["daily_etl", "weekly_report"]);
    }
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=many", "limit"],
    ["limit=201", "limit"],
    ["health=sick", "health.0"],
    ["tag=tier", "tag"],
    ["sort=size", "sort"],
    ["ownr=data", "ownr"],
    ["cursor=nonsense", "cursor"],
    ["sort=health&cursor=nonsense", "cursor"],
  ])("?%s is refused and named", async (query, field) => {
    const problem = await api.refused(400, `/api/jobs?${query}`);
    expect(problem.code).toBe("invalid_parameter");
    expect(problem.errors?.map((error) => error.field)).toEqual([field]);
  });
});

describe("GET /api/jobs/{namespace}/{jobName}", () => {
  test("shows settings with their sources, slots and how to ping", async () => {
    const { store } = api;
    const job = await seedJob(store, "daily etl/1", { schedule: BERLIN });
    const slotAt = NOW - 4 * HOUR;
    await store.commitWatch({
      ...EMPTY_WATCH_COMMIT,
      newSlots: [
        {
          jobId: job.id,
          slotAt,
          earlyAt: slotAt,
          lateAt: slotAt,
          state: "missed",
          reason: "nothing came",
          runRowId: null,
        },
        {
          jobId: job.id,
          slotAt: NOW + 20 * HOUR,
          earlyAt: slotAt,
          lateAt: slotAt,
          state: "expected",
          reason: null,
          runRowId: null,
        },
      ],
    });
    const detail = await api.get("/api/jobs/default/daily%20etl%2F1", jobDetailSchema);
    expect(detail.pingUrl).toBe(`http://127.0.0.1:4318/ping/${job.pingUuid}`);
    expect(detail.upcomingSlots.map((slot) => slot.local)).toEqual([
      "2026-11-24 02:00 Europe/Berlin",
      "2026-11-25 02:00 Europe/Berlin",
      "2026-11-26 02:00 Europe/Berlin",
      "2026-11-27 02:00 Europe/Berlin",
      "2026-11-28 02:00 Europe/Berlin",
    ]);
    expect(detail.recentSlots).toEqual([
      {
        slotAt: "2026-11-23T01:00:00.000Z",
        local: "2026-11-23 02:00 Europe/Berlin",
        state: "missed",
        reason: "nothing came",
        runId: null,
      },
    ]);
    expect(detail.settings.find((setting) => setting.name === "schedule")).toMatchObject({
      source: "code",
      text: "every day at 02:00 Europe/Berlin",
    });
    expect(detail.strip.map((bar) => bar.phase)).toEqual(["missed"]);
  });

  test("an unknown job is refused, and where else the name exists is told", async () => {
    await seedJob(api.store, "daily_etl", {}, { environment: "prod" });
    const problem = await api.refused(404, "/api/jobs/default/daily_etl");
    expect(problem).toMatchObject({ code: "job_not_found" });
    expect(problem.detail).toContain('environment = "prod"');
    expect((await api.get("/api/jobs/default/daily_etl?environment=prod", jobDetailSchema)).environment).toBe(
      "prod",
    );
  });
});

describe("PUT and DELETE /api/jobs/{namespace}/{jobName}", () => {
  const path = "/api/jobs/default/daily_etl";

  test("creates the job, answers it and tells the feed", async () => {
    const heard: string[] = [];
    api.feed.subscribe((change) => heard.push(change.topic));
    const job = await api.send(
      "PUT",
      path,
      {
        owner: "data",
        schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin" },
        sla: { maxDuration: "2h" },
      },
      jobDetailSchema,
    );
    expect(job).toMatchObject({
      jobName: "daily_etl",
      owner: "data",
      schedule: "every day at 02:00 Europe/Berlin",
      health: "new",
    });
    expect(job.settings.find((setting) => setting.name === "maxDurationMs")).toMatchObject({
      text: "2 h",
      source: "api",
    });
    expect(heard).toEqual(["job", "deadlines"]);
  });

  test("other spellings are taken", async () => {
    const job = await api.send(
      "PUT",
      path,
      { max_duration_seconds: 90, min_records_processed: 10 },
      jobDetailSchema,
    );
    const texts = new Map(job.settings.map((setting) => [setting.name, setting.text]));
    expect([texts.get("maxDurationMs"), texts.get("minRecords")]).toEqual(["1 m 30 s", "10"]);
  });

  test("what YAML declares wins, and the answer shows both", async () => {
    const seeded = await seedJob(api.store, "daily_etl");
    await api.store.setJobSettings(seeded.id, "declared", { owner: "platform" }, NOW);
    const job = await api.send("PUT", path, { owner: "data" }, jobDetailSchema);
    expect(job.owner).toBe("platform");
    expect(job.settings.find((setting) => setting.name === "owner")).toEqual({
      name: "owner",
      value: "platform",
      text: "platform",
      source: "declared",
      overridden: [{ source: "api", text: "data" }],
    });
  });

  test("a second PUT replaces the first, DELETE takes back what the API said", async () => {
    await api.send("PUT", path, { owner: "data", description: "nightly" }, jobDetailSchema);
    const second = await api.send("PUT", path, { description: "weekly" }, jobDetailSchema);
    expect([second.owner, second.description]).toEqual([null, "weekly"]);
    const after = await api.send("DELETE", path, null, jobDetailSchema);
    expect(after.description).toBeNull();
    expect(after.settings.every((setting) => setting.source !== "api")).toBe(true);
  });

  test.each<[string, object, string]>([
    ["a bad cron", { schedule: "61 2 * * *" }, "schedule"],
    ["a cron that never matches", { schedule: { cron: "0 0 30 2 *" } }, "schedule.cron"],
    ["an unknown key", { ownr: "data" }, "ownr"],
    ["a wrong type", { owner: 5 }, "owner"],
    ["a bad duration", { sla: { max_duration: "soon" } }, "sla.max_duration"],
    ["an unknown zone", { schedule: { cron: "0 2 * * *", timezone: "Mars/Olympus" } }, "schedule.timezone"],
  ])("%s is refused, and nothing is made", async (_name, payload, field) => {
    const problem = await api.refused(400, { method: "PUT", url: path, payload });
    expect(problem.code).toBe("invalid_settings");
    expect(problem.errors?.map((error) => error.field)).toContain(field);
    expect(await api.store.countJobs()).toBe(0);
  });

  test.each<[string, string | undefined]>([
    ["no JSON", "{owner"],
    ["nothing", undefined],
    ["a list", "[]"],
  ])("%s is refused", async (_name, payload) => {
    await api.refused(400, {
      method: "PUT",
      url: path,
      ...(payload !== undefined && { payload }),
      headers: { "content-type": "application/json" },
    });
    expect(await api.store.countJobs()).toBe(0);
  });

  test("DELETE of an unknown job is refused", async () => {
    expect((await api.refused(404, { method: "DELETE", url: path })).code).toBe("job_not_found");
  });
});

describe("POST /api/schedule/preview", () => {
  const preview = (body: object, query = "") =>
    api.send("POST", `/api/schedule/preview${query}`, body, schedulePreviewSchema);

  test("names the next five runs in words", async () => {
    expect(await preview({ schedule: { cron: "30 2 * * 1", timezone: "Europe/Berlin" } })).toEqual({
      text: "every Monday at 02:30 Europe/Berlin",
      timezone: "Europe/Berlin",
      upcoming: [30, 37, 44, 51, 58].map((day) => {
        const at = new Date(Date.UTC(2026, 10, day, 1, 30));
        const month = day > 30 ? "December" : "November";
        const date = String(at.getUTCDate()).padStart(2, "0");
        return {
          slotAt: at.toISOString(),
          local: `2026-${day > 30 ? 12 : 11}-${date} 02:30 Europe/Berlin`,
          text: `Monday, ${at.getUTCDate()} ${month} 2026 at 02:30 (Europe/Berlin)`,
        };
      }),
    });
  });

  test("takes plain text, an interval, and how many", async () => {
    expect((await preview({ schedule: "every 15m" }, "?count=2")).upcoming).toHaveLength(2);
    expect((await preview({ schedule: "0 0 29 2 *" }, "?count=1")).upcoming[0]?.slotAt).toBe(
      "2028-02-29T00:00:00.000Z",
    );
  });

  test.each<[string, object]>([
    ["an unknown key", { schedule: "0 2 * * *", zone: "UTC" }],
    ["a bad cron", { schedule: "0 2 * *" }],
    ["nothing", {}],
  ])("%s is refused", async (_name, payload) => {
    const problem = await api.refused(400, { method: "POST", url: "/api/schedule/preview", payload });
    expect(problem.errors?.length).toBeGreaterThan(0);
  });
});
