import { describe, expect, test } from "vitest";
import type { OpenStore } from "./ledger-contract.ts";
import { allPages, FIRST_PAGE, makeJob, makeRuns, newRun, T0 } from "./ledger-fixtures.ts";

const SCHEDULE = {
  kind: "cron",
  cron: "0 2 * * *",
  seconds: false,
  timezone: "Europe/Berlin",
  earlyWindowMs: null,
  lateWindowMs: null,
} as const;

export function describeJobs(open: OpenStore): void {
  describe("jobs", () => {
    test("are found or created in the order of the keys, each once", async () => {
      const store = await open();
      const key = (jobName: string, environment = "") =>
        ({ namespace: "default", environment, jobName, createdBy: "inferred", at: T0 }) as const;
      const first = await store.ensureJobs([key("b"), key("a"), key("b"), key("b", "staging")]);
      expect(first.map((job) => [job.jobName, job.environment])).toEqual([
        ["b", ""],
        ["a", ""],
        ["b", ""],
        ["b", "staging"],
      ]);
      expect(first[0]?.id).toBe(first[2]?.id);
      const again = await store.ensureJobs([key("a"), key("c")]);
      expect(again[0]).toEqual(first[1]);
      expect(await store.countJobs()).toBe(4);
      expect(await store.ensureJobs([])).toEqual([]);
    });

    test("are found by key, id and ping UUID", async () => {
      const store = await open();
      const job = await makeJob(store, "daily_etl");
      expect(await store.findJob({ namespace: "default", environment: "", jobName: "daily_etl" })).toEqual(
        job,
      );
      expect(
        await store.findJob({ namespace: "default", environment: "prod", jobName: "daily_etl" }),
      ).toBeNull();
      expect(await store.getJob(job.id)).toEqual(job);
      expect(await store.getJobs([job.id, job.id + 1])).toEqual([job]);
      expect(await store.findJobByPingUuid(job.pingUuid)).toEqual(job);
      expect(await store.findJobByPingUuid("none")).toBeNull();
    });

    test("know their namesakes in other environments", async () => {
      const store = await open();
      const key = (jobName: string, environment: string, namespace = "default") =>
        ({ namespace, environment, jobName, createdBy: "inferred", at: T0 }) as const;
      const [plain, staging, prod] = await store.ensureJobs([
        key("etl", ""),
        key("etl", "staging"),
        key("etl", "prod"),
        key("etl", "prod", "sales"),
        key("alone", ""),
      ]);
      if (plain === undefined || staging === undefined || prod === undefined) throw new Error("no jobs");
      await store.setJobSettings(plain.id, "declared", { owner: "ann" }, T0);
      await makeRuns(store, [newRun(prod.id, "r1")]);
      expect(await store.namesakes([plain.id, prod.id])).toEqual(
        new Map([
          [
            plain.id,
            [
              { environment: "prod", isDeclared: false, hasRuns: true },
              { environment: "staging", isDeclared: false, hasRuns: false },
            ],
          ],
          [
            prod.id,
            [
              { environment: "", isDeclared: true, hasRuns: false },
              { environment: "staging", isDeclared: false, hasRuns: false },
            ],
          ],
        ]),
      );
      const [alone] = await store.ensureJobs([key("alone", "")]);
      expect(await store.namesakes([alone?.id ?? 0])).toEqual(new Map());
      expect(await store.namesakes([])).toEqual(new Map());
    });

    test("take each setting from the first source that has it, a null included", async () => {
      const store = await open();
      const { id } = await makeJob(store, "daily_etl");
      await store.setJobSettings(
        id,
        "code",
        { owner: "from code", maxDurationMs: 60_000, minRecords: 5 },
        T0,
      );
      const job = await store.setJobSettings(id, "declared", { owner: "from yaml", minRecords: null }, T0);
      expect(job.settings).toMatchObject({ owner: "from yaml", maxDurationMs: 60_000, minRecords: null });
      expect(job.settingsVersion).toBe(3);
      const silent = await store.setJobSettings(id, "declared", null, T0);
      expect(silent.settings).toMatchObject({ owner: "from code", minRecords: 5 });
      expect(silent.settingsBySource.declared).toBeUndefined();
      expect(await store.getJob(id)).toEqual(silent);
    });

    test("keep their settings version when the same settings come again in another order", async () => {
      const store = await open();
      const { id } = await makeJob(store, "daily_etl");
      const first = await store.setJobSettings(id, "code", { owner: "data", tags: { a: "1", b: "2" } }, T0);
      const again = await store.setJobSettings(
        id,
        "code",
        { tags: { b: "2", a: "1" }, owner: "data" },
        T0 + 1,
      );
      expect(again).toEqual(first);
    });

    test("are looked at for slots when they have a schedule, and when they lose it", async () => {
      const store = await open();
      const { id } = await makeJob(store, "daily_etl");
      await store.setJobSettings(id, "code", { owner: "data" }, T0);
      expect(await store.deadlinesFor([`job:${id}`])).toEqual([]);
      await store.setJobSettings(id, "code", { schedule: SCHEDULE }, T0 + 1);
      expect(await store.deadlinesFor([`job:${id}`])).toMatchObject([{ kind: "fill_slots", dueAt: T0 + 1 }]);
      await store.setJobSettings(id, "code", null, T0 + 2);
      expect(await store.deadlinesFor([`job:${id}`])).toMatchObject([{ kind: "fill_slots", dueAt: T0 + 2 }]);
    });

    test("refuse settings of a job that is not there", async () => {
      const store = await open();
      await expect(store.setJobSettings(99, "api", { owner: "x" }, T0)).rejects.toMatchObject({
        code: "INVALID_VALUE",
        retryable: false,
      });
    });

    test("are listed by namespace, environment and name, byte by byte, in pages that inserts do not shift", async () => {
      const store = await open();
      for (const name of ["b", "Z", "a", "ä", "a_b", "aXb"]) await makeJob(store, name);
      await makeJob(store, "a", "another");
      const names = (jobs: { namespace: string; jobName: string }[]) =>
        jobs.map((job) => `${job.namespace}/${job.jobName}`);
      const first = await store.listJobs({}, { limit: 2, cursor: null });
      expect(names(first.items)).toEqual(["another/a", "default/Z"]);
      await makeJob(store, "A");
      const rest = await store.listJobs({}, { limit: 50, cursor: first.nextCursor });
      expect(names(rest.items)).toEqual([
        "default/a",
        "default/aXb",
        "default/a_b",
        "default/b",
        "default/ä",
      ]);
      expect(rest.nextCursor).toBeNull();
      expect(names(await allPages((page) => store.listJobs({}, page), 1))).toHaveLength(8);
    });

    test("are filtered by namespace, owner, type, tag and part of the name, whatever its case", async () => {
      const store = await open();
      const etl = await makeJob(store, "Daily_ETL");
      await makeJob(store, "dailyXetl", "other");
      await store.setJobSettings(etl.id, "api", { owner: "data", jobType: "etl", tags: { team: "a" } }, T0);
      const names = async (filter: Parameters<typeof store.listJobs>[0]) =>
        (await store.listJobs(filter, FIRST_PAGE)).items.map((job) => job.jobName);
      expect(await names({ namespace: "other" })).toEqual(["dailyXetl"]);
      expect(await names({ environment: "none" })).toEqual([]);
      expect(await names({ owner: "data" })).toEqual(["Daily_ETL"]);
      expect(await names({ jobType: "etl" })).toEqual(["Daily_ETL"]);
      expect(await names({ tag: { name: "team", value: "a" } })).toEqual(["Daily_ETL"]);
      expect(await names({ tag: { name: "team", value: "b" } })).toEqual([]);
      expect(await names({ search: "LY_et" })).toEqual(["Daily_ETL"]);
      expect(await names({ search: "%" })).toEqual([]);
      expect(await store.listNamespaces()).toEqual(["default", "other"]);
    });
  });

  describe("keys and small facts", () => {
    test("a key is found by its hash until and after it is revoked, once", async () => {
      const store = await open();
      const key = await store.createKey({
        name: "ci",
        scope: "ingest",
        hash: "ab".repeat(32),
        prefix: "bw_ab",
        namespace: null,
        createdAt: T0,
      });
      expect(await store.findKeyByHash(key.hash)).toEqual(key);
      expect(await store.countActiveKeys()).toBe(1);
      await store.touchKey(key.id, T0 + 1);
      expect(await store.revokeKey(key.id, T0 + 2)).toBe(true);
      expect(await store.revokeKey(key.id, T0 + 3)).toBe(false);
      expect(await store.listKeys()).toEqual([{ ...key, lastUsedAt: T0 + 1, revokedAt: T0 + 2 }]);
      expect(await store.countActiveKeys()).toBe(0);
    });

    test("a fact keeps its last value", async () => {
      const store = await open();
      expect(await store.getFact("last_run_at")).toBeNull();
      await store.setFact("last_run_at", "1");
      await store.setFact("last_run_at", "2");
      expect(await store.getFact("last_run_at")).toBe("2");
      await store.check();
    });
  });
}
