/**
 * Jobs declared in YAML. Receives the file patterns of the configuration; keeps what the ledger holds under the source
 * "declared" the same as what the files say, at start, on SIGHUP and when a file changes. A file with an error changes
 * nothing: the last good state stays, and the error is shown in /readyz and the log.
 */
import { readFile } from "node:fs/promises";
import {
  type CheckCron,
  type DeclaredJob,
  fieldPath,
  type JobsFileReading,
  readJobsFile,
} from "@batchwatch/protocol";
import type { Logger } from "pino";
import type { ChangeFeed } from "../lib/change-feed.ts";
import type { Clock } from "../lib/clock.ts";
import { readYaml, type YamlText } from "../lib/yaml-text.ts";
import { jobKeyText } from "../model/identity.ts";
import type { Job } from "../model/job.ts";
import type { LedgerStore } from "../storage/ledger-store.ts";
import { byPlace, type ConfigProblem, problemText, whyUnreadable } from "./config-layers.ts";
import { knownKeysAt } from "./config-options.ts";
import { createWatchedFiles, expandPatterns, type WatchedFiles } from "./watched-files.ts";

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

export interface JobsFiles extends WatchedFiles {
  /** What is wrong with the files, null when nothing is. */
  trouble(): string | null;
}

export function createJobsFiles(parts: JobsFilesParts): JobsFiles {
  const { log } = parts;
  let problems: readonly ConfigProblem[] = [];

  async function take(files: readonly string[], notThere: readonly ConfigProblem[]): Promise<void> {
    const reading = await readEach(files, parts.checkCron);
    const wasInTrouble = problems.length > 0;
    problems = [...notThere, ...reading.problems];
    for (const problem of problems) log.error(`Jobs file: ${problemText(problem)}`);
    if (wasInTrouble && problems.length === 0)
      log.info({ files: files.length }, "the jobs files are good again");
    for (const warning of reading.warnings) log.warn(`Jobs file: ${problemText(warning)}`);
    const changed = await apply(reading.jobs, problems.length === 0, parts);
    if (changed > 0) log.info({ jobs: reading.jobs.length, changed }, "declared jobs were brought in line");
  }

  return {
    ...createWatchedFiles({ ...parts, setting: "jobs.files", take }),
    trouble: () => (problems.length === 0 ? null : problems.map(problemText).join("; ")),
  };
}

/** Everything that jobs files say, and what is wrong with it. */
interface JobsReading {
  jobs: DeclaredJob[];
  problems: ConfigProblem[];
  /** Accepted, and without effect as it stands. */
  warnings: ConfigProblem[];
}

/** Reads and checks jobs files, for `batchwatch check`. */
export async function readJobsFiles(
  patterns: readonly string[],
  checkCron: CheckCron,
): Promise<JobsReading & { files: string[] }> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const files = await expandPatterns(patterns, null, problems, warnings);
  const reading = await readEach(files, checkCron);
  return {
    files,
    jobs: reading.jobs,
    problems: [...problems, ...reading.problems].toSorted(byPlace),
    warnings: [...warnings, ...reading.warnings],
  };
}

async function readEach(files: readonly string[], checkCron: CheckCron): Promise<JobsReading> {
  const reading: JobsReading = { jobs: [], problems: [], warnings: [] };
  const { jobs, problems, warnings } = reading;
  const declaredIn = new Map<string, string>();
  for (const file of files) {
    const read = await readOne(file, checkCron, problems, warnings);
    if (read === null) continue;
    const own = new Set<string>();
    for (const { key, path } of read.reading.named) {
      const text = jobKeyText(key);
      const earlier = declaredIn.get(text);
      if (earlier !== undefined && earlier !== file) {
        const message = `"${key.jobName}" is declared already in ${earlier}`;
        problems.push({ file, line: read.lineOf(path), field: fieldPath(path), message });
      } else {
        declaredIn.set(text, file);
        own.add(text);
      }
    }
    if (read.reading.ok) jobs.push(...read.reading.jobs.filter((job) => own.has(jobKeyText(job))));
  }
  problems.sort(byPlace);
  return reading;
}

async function readOne(
  file: string,
  checkCron: CheckCron,
  problems: ConfigProblem[],
  warnings: ConfigProblem[],
): Promise<{ reading: JobsFileReading; lineOf: YamlText["lineOf"] } | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    problems.push({ file, line: null, field: "", message: whyUnreadable(error, file) });
    return null;
  }
  const yaml = readYaml(text);
  for (const { line, message } of yaml.errors) problems.push({ file, line, field: "", message });
  if (yaml.errors.length > 0 && yaml.value === null) return null;
  if (isConfiguration(yaml.value)) {
    const message = "is a configuration, not a file of jobs; check it with: batchwatch check --config FILE";
    problems.push({ file, line: null, field: "", message });
    return null;
  }
  const reading = readJobsFile(yaml.value, { checkCron });
  if (yaml.errors.length > 0) reading.ok = false;
  const placed = ({ path, field, message }: JobsFileReading["problems"][number]): ConfigProblem => ({
    file,
    line: yaml.lineOf(path),
    field,
    message,
  });
  problems.push(...reading.problems.map(placed));
  warnings.push(...reading.warnings.map(placed));
  return { reading, lineOf: yaml.lineOf };
}

/** Sections of the configuration, and no list of jobs. */
function isConfiguration(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray((value as { jobs?: unknown }).jobs))
    return false;
  const sections = knownKeysAt([]);
  return Object.keys(value).some((key) => key !== "jobs" && sections.includes(key));
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
