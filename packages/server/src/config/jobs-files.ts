/**
 * Jobs declared in YAML. Receives the file patterns of the configuration; keeps what the ledger holds under the source
 * "declared" the same as what the files say, at start, on SIGHUP and when a file changes. A file with an error changes
 * nothing: the last good state stays, and the error is shown in /readyz and the log.
 */
import { glob, readFile, stat } from "node:fs/promises";
import { type CheckCron, type DeclaredJob, readJobsFile } from "@batchwatch/protocol";
import type { Logger } from "pino";
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import { readYaml } from "../lib/yaml-text.ts";
import { jobKeyText } from "../model/identity.ts";
import type { Job } from "../model/job.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { type ConfigProblem, problemText } from "./config-layers.ts";

const LIST_PAGE = 1_000;

export interface JobsFilesParts {
  store: LedgerStore;
  clock: Clock;
  feed: ChangeFeed;
  log: Logger;
  /** Absolute paths or globs. */
  patterns: readonly string[];
  reloadIntervalMs: number;
  checkCron: CheckCron;
}

export interface JobsFiles {
  /** Reads all files and brings the ledger in line. Never rejects for what a file says. */
  load(): Promise<void>;
  /** Loads again whenever a file changes. */
  start(): void;
  stop(): Promise<void>;
  /** What is wrong with the files, null when nothing is. */
  trouble(): string | null;
}

export function createJobsFiles(parts: JobsFilesParts): JobsFiles {
  const { patterns, log } = parts;
  let problems: ConfigProblem[] = [];
  let fingerprint = "";
  let timer: NodeJS.Timeout | null = null;
  let loading: Promise<void> = Promise.resolve();

  async function loadNow(): Promise<void> {
    fingerprint = await fingerprintOf(patterns);
    const reading = await readJobsFiles(patterns, parts.checkCron);
    problems = reading.problems;
    for (const problem of problems) log.error(`Jobs file: ${problemText(problem)}`);
    try {
      const changed = await apply(reading.jobs, problems.length === 0, parts);
      if (changed > 0) log.info({ jobs: reading.jobs.length, changed }, "declared jobs were brought in line");
    } catch (error) {
      fingerprint = "";
      log.error({ err: error }, "declared jobs could not be stored; they are tried again");
    }
  }

  function load(): Promise<void> {
    loading = loading.then(loadNow);
    return loading;
  }

  async function look(): Promise<void> {
    if ((await fingerprintOf(patterns)) !== fingerprint) await load();
  }

  function plan(): void {
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) => log.error({ err: error }, "jobs files could not be looked at"))
        .finally(() => {
          if (timer !== null) plan();
        });
    }, parts.reloadIntervalMs);
    timer.unref();
  }

  return {
    load,
    start() {
      if (patterns.length > 0 && timer === null) plan();
    },
    async stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await loading;
    },
    trouble: () => (problems.length === 0 ? null : problems.map(problemText).join("; ")),
  };
}

/** Reads and checks jobs files; for the server and for `batchwatch check`. */
export async function readJobsFiles(
  patterns: readonly string[],
  checkCron: CheckCron,
): Promise<{ files: string[]; jobs: DeclaredJob[]; problems: ConfigProblem[] }> {
  const problems: ConfigProblem[] = [];
  const jobs = new Map<string, { job: DeclaredJob; file: string }>();
  const files = await expand(patterns, problems);
  for (const file of files) {
    for (const job of await readOne(file, checkCron, problems)) {
      const earlier = jobs.get(jobKeyText(job));
      if (earlier === undefined) jobs.set(jobKeyText(job), { job, file });
      else
        problems.push({
          file,
          line: null,
          field: job.jobName,
          message: `is declared already in ${earlier.file}`,
        });
    }
  }
  return { files, jobs: [...jobs.values()].map(({ job }) => job), problems };
}

async function expand(patterns: readonly string[], problems: ConfigProblem[]): Promise<string[]> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    const before = files.size;
    for await (const file of glob(pattern)) files.add(file);
    if (files.size === before && !/[*?[{]/.test(pattern))
      problems.push({
        file: pattern,
        line: null,
        field: "",
        message: "is named in jobs.files and does not exist",
      });
  }
  return [...files].sort();
}

async function readOne(
  file: string,
  checkCron: CheckCron,
  problems: ConfigProblem[],
): Promise<DeclaredJob[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    problems.push({ file, line: null, field: "", message });
    return [];
  }
  const yaml = readYaml(text);
  for (const { line, message } of yaml.errors)
    problems.push({ file, line, field: "", message: `is no valid YAML: ${message}` });
  if (yaml.errors.length > 0) return [];
  const reading = readJobsFile(yaml.value, { checkCron });
  if (reading.ok) return reading.jobs;
  for (const { path, field, message } of reading.problems)
    problems.push({ file, line: yaml.lineOf(path), field, message });
  return [];
}

/** Answers how many jobs changed. Takes settings away only when every file could be read. */
async function apply(
  declared: readonly DeclaredJob[],
  complete: boolean,
  { store, clock, feed }: JobsFilesParts,
): Promise<number> {
  const at = clock.now();
  let changed = 0;
  const announce = ({ id: jobId, namespace, environment, jobName }: Job): void => {
    changed++;
    feed.publish({ topic: "job", jobId, job: { namespace, environment, jobName } });
  };
  const jobs = await store.ensureJobs(
    declared.map(({ settings: _, ...key }) => ({ ...key, createdBy: "declared", at })),
  );
  for (const [index, job] of jobs.entries()) {
    const settings = declared[index]?.settings ?? {};
    if (sameJson(job.settingsBySource.declared, settings)) continue;
    announce(await store.setJobSettings(job.id, "declared", settings, at));
  }
  if (complete) {
    const kept = new Set(jobs.map((job) => job.id));
    for (const job of await declaredInLedger(store))
      if (!kept.has(job.id)) announce(await store.setJobSettings(job.id, "declared", null, at));
  }
  if (changed > 0) feed.publish({ topic: "deadlines" });
  return changed;
}

async function declaredInLedger(store: LedgerStore): Promise<Job[]> {
  const found: Job[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<LedgerStore["listJobs"]>> = await store.listJobs(
      {},
      { limit: LIST_PAGE, cursor },
    );
    found.push(...page.items.filter((job) => job.settingsBySource.declared !== undefined));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** Files come and go and change: path, size and time of change of each. */
async function fingerprintOf(patterns: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of await expand(patterns, [])) {
    const info = await stat(file).catch(() => null);
    lines.push(`${file} ${info?.size} ${info?.mtimeMs} ${info?.ino}`);
  }
  return lines.join("\n");
}

function sameJson(a: unknown, b: unknown): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
