/**
 * Which run does a log record belong to? By the run id it carries, by its span, or by its trace where that holds
 * exactly one run; else it is kept without one. Text that came with an event (a ping's body, the tail of an output)
 * becomes a line of the run's log.
 */
import { cleanText } from "../../lib/clean-text.ts";
import { jobKeyText, type RunAlias, spanAlias } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { LogRecord } from "../../model/telemetry.ts";
import type { LedgerCommit } from "../../storage/ledger-store.ts";
import type { DraftTable } from "./draft-table.ts";
import type { RunDraft } from "./run-draft.ts";

/** Rows of the round's own runs are found by their drafts; others need no write of their run. */
export async function resolveLogs(
  round: { logs: readonly LogRecord[] },
  table: DraftTable,
  jobs: ReadonlyMap<string, Job>,
): Promise<LedgerCommit["logs"]> {
  const { logs } = round;
  await table.loadKeys(
    logs.flatMap((log) => {
      const job = jobOf(log, jobs);
      return job === undefined || log.runId === null ? [] : [{ jobId: job.id, runId: cleanText(log.runId) }];
    }),
  );
  await table.loadAliases(logs.flatMap((log) => (log.runId === null ? spanOf(log) : [])));
  const byTrace = await table.onlyRunsOfTraces(
    logs.flatMap((log) => (log.runId === null && log.traceId !== null ? [log.traceId] : [])),
  );
  const rows: { runRef: number | null; log: LogRecord }[] = logs.map((log) => {
    const draft = runOf(log, table, jobs) ?? (log.traceId === null ? undefined : byTrace.get(log.traceId));
    return { runRef: draft?.ref ?? null, log };
  });
  for (const draft of table.drafts()) rows.push(...linesOfEvents(draft));
  return rows;
}

function runOf(log: LogRecord, table: DraftTable, jobs: ReadonlyMap<string, Job>): RunDraft | null {
  const job = jobOf(log, jobs);
  if (job !== undefined && log.runId !== null) return table.byKey(job.id, cleanText(log.runId));
  for (const alias of spanOf(log)) {
    const draft = table.byAlias(alias);
    if (draft !== null) return draft;
  }
  return null;
}

function jobOf(log: LogRecord, jobs: ReadonlyMap<string, Job>): Job | undefined {
  return log.job === null ? undefined : jobs.get(jobKeyText(log.job));
}

function spanOf(log: LogRecord): RunAlias[] {
  return log.traceId === null || log.spanId === null ? [] : [spanAlias(log.traceId, log.spanId)];
}

/** OTLP log records are kept as such already. */
function linesOfEvents(draft: RunDraft): { runRef: number; log: LogRecord }[] {
  return draft.events.flatMap((event) => {
    if (event.message === undefined || event.message === "" || event.witness.startsWith("otlp-")) return [];
    const log: LogRecord = {
      logId: `event:${event.eventId}`,
      job: event.job,
      runId: draft.runId,
      traceId: event.traceId ?? null,
      spanId: event.spanId ?? null,
      at: event.at,
      severity: event.kind === "failed" ? "error" : null,
      body: event.message,
      attributes: {},
    };
    return [{ runRef: draft.ref, log }];
  });
}
