/**
 * The ledger's commit. Receives everything that one group of submissions came to; writes it in one transaction, in
 * this order:
 *  1. runs, new ones first, so that every later row can name its run by a real id;
 *  2. merges: what belonged to a run that was another one all along moves over;
 *  3. events, beats, orphans and adoptions, aliases;
 *  4. spans and logs;
 *  5. deadlines and the state of metric streams.
 * Statements that run for each row are compiled once.
 */
import { cleanJson } from "../../lib/clean-text.ts";
import { isUnnamedRunId } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { Writer } from "../database.ts";
import { eventRow, isBeat } from "../encoding/event-row.ts";
import { hashKey, packAlias } from "../encoding/keys.ts";
import { runColumns } from "../encoding/run-row.ts";
import { type LedgerCommit, type RunWrite, VersionConflictError } from "../ledger-store.ts";
import { StorageError } from "../storage-error.ts";
import { keepBeats } from "./beat-rows.ts";
import { setDeadlines } from "./deadline-rows.ts";
import { mergeRun } from "./merge-runs.ts";
import { writeNativeIncrements } from "./meter-rows.ts";
import * as statements from "./run-statements.ts";
import { adoptWaitingLogs, writeLogs, writeSpans } from "./telemetry-rows.ts";

/** Row ids by the number that stands for them in the commit: an id for itself, a tempId for a new run's. */
type RunIds = (runRef: number) => number;

export async function commitLedger(
  writer: Writer,
  commit: LedgerCommit,
): Promise<ReadonlyMap<number, number>> {
  const newIds = await writeRuns(writer, commit);
  const idOf: RunIds = (ref) => {
    const id = ref < 0 ? newIds.get(ref) : ref;
    if (id === undefined) throw new StorageError("INVALID_VALUE", `${ref} stands for no run of this commit`);
    return id;
  };
  for (const merge of commit.merges) await mergeRun(writer, merge.fromId, idOf(merge.intoRef));
  await writeEvents(writer, commit, idOf);
  await writer.insertAll(
    statements.INSERT_ALIAS,
    onePer(
      writer,
      commit.aliases.map(({ alias, runRef }) => ({ alias: packAlias(alias), run_row_id: idOf(runRef) })),
      (row) => `${row.run_row_id} ${row.alias}`,
    ),
  );
  await writeSpans(writer, commit.spans);
  await writeLogs(
    writer,
    commit.logs.map(({ runRef, log }) => ({ runRowId: runRef === null ? null : idOf(runRef), log })),
  );
  await adoptWaitingLogs(
    writer,
    commit.runs.flatMap(({ id, tempId, runId, jobId }) =>
      id === null ? [{ runRowId: idOf(tempId), runId, jobId }] : [],
    ),
  );
  await setDeadlines(writer, [
    ...commit.deadlines,
    ...commit.runDeadlines.map(({ kind, runRef, jobId, dueAt }) => ({
      kind,
      subject: `run:${idOf(runRef)}`,
      jobId,
      dueAt,
    })),
  ]);
  await writeMetricState(writer, commit);
  await writeNativeIncrements(writer, commit.nativeIncrements ?? []);
  return newIds;
}

async function writeRuns(writer: Writer, commit: LedgerCommit): Promise<Map<number, number>> {
  const created = commit.runs.filter((run) => run.id === null);
  const newIds = await insertRuns(writer, created);
  // In one order for all writers, so that two of them cannot wait for each other.
  const changed = commit.runs.flatMap((run) => (run.id === null ? [] : [{ ...run, id: run.id }]));
  changed.sort((a, b) => a.id - b.id);
  const met = await writer.changeAll(
    statements.UPDATE_RUN,
    changed.map((run) => ({
      ...runColumns(run.view, run.firstReceivedAt),
      id: run.id,
      expected_version: run.expectedVersion ?? -1,
    })),
  );
  const missed = changed.find(({ id }) => !met.has(id));
  if (missed !== undefined)
    throw new VersionConflictError(`Run ${missed.id} was changed by another commit; read it again.`);
  await writer.insertAll(
    statements.SET_FACTS,
    commit.runs.flatMap(({ id, tempId, facts }) =>
      facts === null ? [] : [{ run_row_id: id ?? newIds.get(tempId) ?? 0, facts: cleanJson(facts) }],
    ),
  );
  const closed = changed.filter((run) => run.facts === null).map((run) => run.id);
  if (closed.length > 0)
    await writer.db
      .deleteFrom("run_facts")
      .where(writer.capabilities.inNumbers("run_row_id", closed))
      .execute();
  return newIds;
}

async function insertRuns(writer: Writer, runs: readonly RunWrite[]): Promise<Map<number, number>> {
  const inserted = (await writer.insertAll(
    statements.INSERT_RUN,
    runs.map((run) => ({
      ...runColumns(run.view, run.firstReceivedAt),
      job_id: run.jobId,
      run_id: run.runId,
      is_unnamed: isUnnamedRunId(run.runId) ? 1 : 0,
      version: 1,
    })),
  )) as { id: number; job_id: number; run_id: string }[];
  const newIds = new Map<number, number>();
  if (inserted.length < runs.length)
    throw new VersionConflictError("A run of this commit was created by another one; read it again.");
  const ids = new Map(inserted.map((row) => [`${row.job_id} ${row.run_id}`, row.id]));
  for (const run of runs) {
    const id = ids.get(`${run.jobId} ${statements.storedRunId(run.runId)}`);
    if (id === undefined) throw new StorageError("FAILED", `run ${run.runId} was not stored`);
    newIds.set(run.tempId, id);
  }
  return newIds;
}

async function writeEvents(writer: Writer, commit: LedgerCommit, idOf: RunIds): Promise<void> {
  const adopted = await takeOrphans(writer, commit, idOf);
  const owned: { runRowId: number; event: RunEvent }[] = [...adopted];
  const orphans: RunEvent[] = [];
  for (const { runRef, event } of commit.events) {
    if (runRef === null) orphans.push(event);
    else owned.push({ runRowId: idOf(runRef), event });
  }
  const runIds = new Map(commit.runs.map((run) => [run.id ?? idOf(run.tempId), run.runId]));
  const rows = owned.map(({ runRowId, event }) => ({
    row: eventRow(runRowId, event, runIds.get(runRowId)),
    isBeat: isBeat(event),
  }));
  await writer.insertAll(
    statements.INSERT_EVENT,
    onePer(
      writer,
      rows.filter((entry) => !entry.isBeat).map((entry) => entry.row),
      (row) => `${row.run_row_id} ${Buffer.from(row.event_key).toString("latin1")}`,
    ),
  );
  const beats = rows.filter((entry) => entry.isBeat).map((entry) => entry.row);
  await keepBeats(writer, beats);
  await writer.insertAll(
    statements.INSERT_ORPHAN,
    onePer(writer, orphans.map(statements.orphanRow), (row) => Buffer.from(row.event_key).toString("latin1")),
  );
}

async function takeOrphans(writer: Writer, commit: LedgerCommit, idOf: RunIds) {
  const taken = await writer.runEach(
    statements.TAKE_ORPHAN,
    commit.adopted.map(({ eventId }) => ({ event_key: hashKey(eventId) })),
  );
  return commit.adopted.flatMap(({ runRef }, index) => {
    const rows = (taken[index]?.rows ?? []) as { event: string }[];
    return rows.map((row) => ({ runRowId: idOf(runRef), event: JSON.parse(row.event) as RunEvent }));
  });
}

async function writeMetricState(writer: Writer, commit: LedgerCommit): Promise<void> {
  await writer.insertAll(
    statements.SET_METRIC_STREAM,
    onePer(
      writer,
      commit.metricStreams.map((stream) => ({
        stream_id: stream.streamId,
        updated_at: stream.updatedAt,
        state: stream.state,
      })),
      (row) => row.stream_id,
    ),
  );
  await writer.insertAll(
    statements.SET_METRIC_EVIDENCE,
    onePer(
      writer,
      commit.metricEvidence.map((evidence) => ({
        evidence_id: evidence.evidenceId,
        job_id: evidence.jobId,
        at: evidence.at,
        settle_at: evidence.settleAt,
        state: evidence.state,
        is_settled: 0,
      })),
      (row) => row.evidence_id,
    ),
  );
}

/** The last of each key: in PostgreSQL one statement may not meet the same row twice. */
function onePer<Row>({ capabilities }: Writer, rows: readonly Row[], key: (row: Row) => string): Row[] {
  return rows.length < 2 || capabilities.engine === "sqlite"
    ? [...rows]
    : [...new Map(rows.map((row) => [key(row), row])).values()];
}
