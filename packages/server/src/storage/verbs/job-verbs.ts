/** The ledger store's verbs about jobs and their settings. */
import type { JobSettings, SettingSource } from "@batchwatch/protocol";
import { type Kysely, type Selectable, sql } from "kysely";
import { cleanText } from "../../lib/clean-text.ts";
import { type JobKey, jobKeyText } from "../../model/identity.ts";
import type { Job, JobSettingsBySource } from "../../model/job.ts";
import type { Namesake } from "../../model/job-namesakes.ts";
import { mergeSettings } from "../../model/job-settings-merge.ts";
import type { Capabilities } from "../capabilities.ts";
import { decodeCursor, pageLimit, pageOf } from "../cursor.ts";
import type { LedgerDatabase, Writer } from "../database.ts";
import type { JobFilter, LedgerStore, Page, PageRequest } from "../ledger-store.ts";
import { StorageError } from "../storage-error.ts";
import type { JobsTable, Tables } from "../tables.ts";
import { setDeadlines } from "./deadline-rows.ts";

type JobVerbs = Pick<
  LedgerStore,
  | "findJob"
  | "getJob"
  | "getJobs"
  | "findJobByPingUuid"
  | "ensureJobs"
  | "setJobSettings"
  | "listJobs"
  | "listNamespaces"
  | "namesakes"
  | "countJobs"
>;

type JobRow = Selectable<JobsTable>;

export function jobVerbs(database: LedgerDatabase, newUuid: () => string): JobVerbs {
  const { read, capabilities } = database;
  const one = async (row: JobRow | undefined): Promise<Job | null> =>
    row === undefined ? null : ((await withSettings(read, capabilities, [row]))[0] ?? null);

  return {
    async findJob(key) {
      return one(
        await read
          .selectFrom("jobs")
          .selectAll()
          .where("namespace", "=", key.namespace)
          .where("environment", "=", key.environment)
          .where("job_name", "=", key.jobName)
          .executeTakeFirst(),
      );
    },

    async getJob(id) {
      return one(await read.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst());
    },

    async getJobs(ids) {
      const rows = await read
        .selectFrom("jobs")
        .selectAll()
        .where(capabilities.inNumbers("id", ids))
        .execute();
      return withSettings(read, capabilities, rows);
    },

    async namesakes(jobIds) {
      const found = new Map<number, Namesake[]>();
      if (jobIds.length === 0) return found;
      const rows = await read
        .selectFrom("jobs")
        // By name alone: asked for the namespace too, SQLite walks all jobs of the namespace for each of these.
        .innerJoin("jobs as other", "other.job_name", "jobs.job_name")
        .where(capabilities.inNumbers("jobs.id", jobIds))
        .whereRef("other.id", "<>", "jobs.id")
        .select((eb) => [
          "jobs.id as job_id",
          "jobs.namespace as namespace",
          "other.namespace as other_namespace",
          "other.environment as environment",
          eb
            .selectFrom("job_settings")
            .whereRef("job_settings.job_id", "=", "other.id")
            .where("job_settings.source", "=", "declared")
            .select("job_settings.job_id")
            .as("declared_id"),
          eb
            .selectFrom("runs")
            .whereRef("runs.job_id", "=", "other.id")
            .select("runs.id")
            .limit(1)
            .as("run_row_id"),
        ])
        .orderBy("other.environment")
        .execute();
      for (const row of rows) {
        if (row.other_namespace !== row.namespace) continue;
        const ofJob = found.get(row.job_id) ?? [];
        found.set(row.job_id, ofJob);
        ofJob.push({
          environment: row.environment,
          isDeclared: row.declared_id !== null,
          hasRuns: row.run_row_id !== null,
        });
      }
      return found;
    },

    async findJobByPingUuid(uuid) {
      return one(await read.selectFrom("jobs").selectAll().where("ping_uuid", "=", uuid).executeTakeFirst());
    },

    ensureJobs: (keys) => database.write((writer) => ensureJobs(writer, keys, newUuid)),

    setJobSettings: (jobId, source, settings, at) =>
      database.write((writer) => setJobSettings(writer, jobId, source, settings, at)),

    listJobs: (filter, page) => listJobs(database, filter, page),

    async listNamespaces() {
      const rows = await read
        .selectFrom("jobs")
        .select("namespace")
        .distinct()
        .orderBy("namespace")
        .execute();
      return rows.map((row) => row.namespace);
    },

    async countJobs() {
      const row = await read
        .selectFrom("jobs")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return row.count;
    },
  };
}

async function ensureJobs(
  writer: Writer,
  keys: readonly (JobKey & { createdBy: SettingSource; at: number })[],
  newUuid: () => string,
): Promise<Job[]> {
  const wanted = keys.map((key) => ({
    ...key,
    namespace: cleanText(key.namespace),
    environment: cleanText(key.environment),
    jobName: cleanText(key.jobName),
  }));
  const names = [...new Set(wanted.map((key) => key.jobName))];
  const byKey = new Map<string, JobRow>();
  const readRows = async () => {
    const rows = await writer.db
      .selectFrom("jobs")
      .selectAll()
      .where(writer.capabilities.inTexts("job_name", names))
      .execute();
    for (const row of rows) byKey.set(jobKeyText(keyOf(row)), row);
  };
  await readRows();
  const missing = new Map(
    wanted.filter((key) => !byKey.has(jobKeyText(key))).map((key) => [jobKeyText(key), key] as const),
  );
  if (missing.size > 0) {
    await writer.insertAll(
      INSERT_JOB,
      [...missing.values()].map((key) => ({
        namespace: key.namespace,
        environment: key.environment,
        job_name: key.jobName,
        name_search: foldForSearch(key.jobName),
        ping_uuid: newUuid(),
        first_seen_at: key.at,
        created_by: key.createdBy,
        settings_version: 1,
      })),
    );
    await readRows();
  }
  const jobs = await withSettings(writer.db, writer.capabilities, [...byKey.values()]);
  const jobByKey = new Map(jobs.map((job) => [jobKeyText(job), job]));
  return wanted.map((key) => {
    const job = jobByKey.get(jobKeyText(key));
    if (job === undefined) throw new StorageError("FAILED", `job ${jobKeyText(key)} was not stored`);
    return job;
  });
}

type NewJobRow = Pick<
  JobRow,
  | "namespace"
  | "environment"
  | "job_name"
  | "name_search"
  | "ping_uuid"
  | "first_seen_at"
  | "created_by"
  | "settings_version"
>;

const INSERT_JOB = {
  fields: [
    "namespace",
    "environment",
    "job_name",
    "name_search",
    "ping_uuid",
    "first_seen_at",
    "created_by",
    "settings_version",
  ] as const satisfies (keyof NewJobRow)[],
  build: (db: Kysely<Tables>, rows: readonly NewJobRow[]) =>
    db
      .insertInto("jobs")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["namespace", "environment", "job_name"]).doNothing()),
};

async function setJobSettings(
  writer: Writer,
  jobId: number,
  source: SettingSource,
  settings: Partial<JobSettings> | null,
  at: number,
): Promise<Job> {
  const { db, capabilities } = writer;
  const row = await db.selectFrom("jobs").selectAll().where("id", "=", jobId).executeTakeFirst();
  const before = row && (await withSettings(db, capabilities, [row]))[0];
  if (row === undefined || before === undefined)
    throw new StorageError("INVALID_VALUE", `there is no job ${jobId} to set settings of`);
  if (canonicalJson(before.settingsBySource[source] ?? {}) === canonicalJson(settings ?? {})) return before;

  if (settings === null) {
    await db.deleteFrom("job_settings").where("job_id", "=", jobId).where("source", "=", source).execute();
  } else {
    await db
      .insertInto("job_settings")
      .values({ job_id: jobId, source, settings: canonicalJson(settings) })
      .onConflict((conflict) =>
        conflict
          .columns(["job_id", "source"])
          .doUpdateSet((eb) => ({ settings: eb.ref("excluded.settings") })),
      )
      .execute();
  }
  const [after] = await withSettings(db, capabilities, [row]);
  if (after === undefined) throw new StorageError("FAILED", `job ${jobId} vanished`);
  const settingsVersion = row.settings_version + 1;
  await db
    .updateTable("jobs")
    .set({ settings_version: settingsVersion, owner: after.settings.owner, job_type: after.settings.jobType })
    .where("id", "=", jobId)
    .execute();
  await db.deleteFrom("job_tags").where("job_id", "=", jobId).execute();
  const tags = Object.entries(after.settings.tags);
  if (tags.length > 0)
    await db
      .insertInto("job_tags")
      .values(tags.map(([name, value]) => ({ name, value, job_id: jobId })))
      .execute();
  const isScheduled = before.settings.schedule !== null || after.settings.schedule !== null;
  if (isScheduled || before.settings.freshnessMs !== after.settings.freshnessMs)
    await setDeadlines(writer, [{ kind: "fill_slots", subject: `job:${jobId}`, jobId, dueAt: at }]);
  return { ...after, settingsVersion };
}

async function listJobs(
  { read, capabilities }: LedgerDatabase,
  filter: JobFilter,
  page: PageRequest,
): Promise<Page<Job>> {
  const limit = pageLimit(page.limit);
  let query = read
    .selectFrom("jobs")
    .selectAll()
    .orderBy("namespace")
    .orderBy("environment")
    .orderBy("job_name")
    .limit(limit + 1);
  if (page.cursor !== null) {
    const [namespace, environment, jobName] = decodeCursor(page.cursor, ["string", "string", "string"]);
    query = query.where(
      sql<boolean>`(namespace, environment, job_name) > (${namespace}, ${environment}, ${jobName})`,
    );
  }
  if (filter.namespace !== undefined) query = query.where("namespace", "=", filter.namespace);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.owner !== undefined) query = query.where("owner", "=", filter.owner);
  if (filter.jobType !== undefined) query = query.where("job_type", "=", filter.jobType);
  if (filter.search !== undefined && filter.search !== "")
    query = query.where(containsFolded("name_search", filter.search));
  const { tag } = filter;
  if (tag !== undefined)
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom("job_tags")
          .select(sql`1`.as("one"))
          .where("job_tags.name", "=", tag.name)
          .where("job_tags.value", "=", tag.value)
          .whereRef("job_tags.job_id", "=", "jobs.id"),
      ),
    );
  const rows = await query.execute();
  const shown = pageOf(
    rows,
    limit,
    (row) => row,
    (row) => [row.namespace, row.environment, row.job_name],
  );
  return { items: await withSettings(read, capabilities, shown.items), nextCursor: shown.nextCursor };
}

/** Case counts for nothing in a search; the same folding is stored. */
export function foldForSearch(text: string): string {
  return text.toLowerCase();
}

export function containsFolded(column: string, search: string) {
  const escaped = foldForSearch(search).replace(/[\\%_]/g, "\\$&");
  return sql<boolean>`${sql.ref(column)} like ${`%${escaped}%`} escape '\\'`;
}

/** In the order of the rows. */
async function withSettings(
  db: Kysely<Tables>,
  capabilities: Capabilities,
  rows: readonly JobRow[],
): Promise<Job[]> {
  if (rows.length === 0) return [];
  const settingRows = await db
    .selectFrom("job_settings")
    .selectAll()
    .where(
      capabilities.inNumbers(
        "job_id",
        rows.map((row) => row.id),
      ),
    )
    .execute();
  const byJob = new Map<number, JobSettingsBySource>();
  for (const { job_id: jobId, source, settings } of settingRows) {
    const bySource = byJob.get(jobId) ?? {};
    bySource[source as SettingSource] = JSON.parse(settings) as Partial<JobSettings>;
    byJob.set(jobId, bySource);
  }
  return rows.map((row) => {
    const settingsBySource = byJob.get(row.id) ?? {};
    return {
      ...keyOf(row),
      id: row.id,
      pingUuid: row.ping_uuid,
      firstSeenAt: row.first_seen_at,
      createdBy: row.created_by as SettingSource,
      settingsBySource,
      settings: mergeSettings(settingsBySource),
      settingsVersion: row.settings_version,
    };
  });
}

function keyOf(row: Pick<JobRow, "namespace" | "environment" | "job_name">): JobKey {
  return { namespace: row.namespace, environment: row.environment, jobName: row.job_name };
}

/** The same text for the same settings, whatever the order of their keys. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
