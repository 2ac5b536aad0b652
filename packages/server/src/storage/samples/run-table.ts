/**
 * Runs and their blocks in the tables, and the protocol by which they take the place of others. A crash between any two
 * steps leaves the state before or after the exchange, for only step 3 changes what readers see:
 *
 *   1. a run is written as `pending`: readers do not look at it
 *   2. its blocks are added, a transaction each, so that nobody waits long
 *   3. in one transaction: the runs it is made of are still live → they become `dead`, the new ones `live`, and the
 *      segments in it are marked as compacted. When one is gone meanwhile (retention), the new ones become `dead` instead.
 *   4. what is dead is deleted piece by piece
 *   5. at the next start, runs that are still pending are dead
 */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import type { RunRow } from "./compaction-plan.ts";
import type { CompactionResult, RunBlock } from "./compaction-task.ts";
import { bumpCounter, RUN_STATE, readCounter, setCounter } from "./sample-schema.ts";

/** Rows deleted at a time: some MB at most, a few milliseconds. */
const ROWS_A_STEP = 8;

export function buryPending(connection: SqliteConnection): void {
  connection.execute("update runs set state = ? where state = ?", [RUN_STATE.dead, RUN_STATE.pending]);
}

export function addRun(connection: SqliteConnection, { partitionAt, level, seq }: RunBlock): number {
  const { rows } = connection.execute(
    `insert into runs (partition_at, level, seq, state, from_at, to_at, series, samples, blocks, bytes)
     values (?, ?, ?, ?, 0, 0, 0, 0, 0, 0) returning id`,
    [partitionAt, level, seq, RUN_STATE.pending],
  );
  const [row] = rows as { id: number }[];
  if (row === undefined) throw new Error("An insert answered no row.");
  return row.id;
}

export function addBlock(connection: SqliteConnection, runId: number, { block }: RunBlock): void {
  const { firstMetric, lastMetric, fromAt, toAt, series, samples, directory, data } = block;
  connection.execute(
    `insert into blocks (run_id, first_metric, last_metric, from_at, to_at, series, samples, directory, data)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [runId, firstMetric, lastMetric, fromAt, toAt, series, samples, directory, data],
  );
  connection.execute(
    `update runs set from_at = case when blocks = 0 then ? else min(from_at, ?) end,
      to_at = case when blocks = 0 then ? else max(to_at, ?) end,
      series = series + ?, samples = samples + ?, blocks = blocks + 1, bytes = bytes + ? where id = ?`,
    [fromAt, fromAt, toAt, toAt, series, samples, directory.length + data.length, runId],
  );
}

/** Step 3. Answers whether the exchange was made. Inside a write transaction. */
export function exchange(
  connection: SqliteConnection,
  newRuns: readonly number[],
  result: CompactionResult,
): boolean {
  const areLive = result.mergedRuns.every((id) => isLive(connection, id));
  for (const id of newRuns) setState(connection, id, areLive ? RUN_STATE.live : RUN_STATE.dead);
  if (!areLive) return false;
  for (const id of result.mergedRuns) setState(connection, id, RUN_STATE.dead);
  if (result.flushedTo !== null) setCounter(connection, "compacted_to", result.flushedTo);
  bumpCounter(connection, "catalog");
  return true;
}

export function liveRuns(connection: SqliteConnection): RunRow[] {
  return connection.execute(
    "select id, partition_at as partitionAt, level, seq, samples from runs where state = ? order by seq, id",
    [RUN_STATE.live],
  ).rows as unknown as RunRow[];
}

/** The oldest live runs that `isDue`, at most `limit`, become dead. Answers how many. Inside a write transaction. */
export function buryOldest(
  connection: SqliteConnection,
  limit: number,
  isDue: (run: { toAt: number; bytes: number }) => boolean,
): number {
  const rows = connection.execute(
    "select id, to_at as toAt, bytes from runs where state = ? order by to_at, id limit ?",
    [RUN_STATE.live, limit],
  ).rows as { id: number; toAt: number; bytes: number }[];
  let buried = 0;
  for (const run of rows) {
    if (!isDue(run)) break;
    setState(connection, run.id, RUN_STATE.dead);
    buried += 1;
  }
  if (buried > 0) bumpCounter(connection, "catalog");
  return buried;
}

/** Bytes of live runs and of segments not yet in them. */
export function liveBytes(connection: SqliteConnection): number {
  const [row] = connection.execute(
    `select (select coalesce(sum(bytes), 0) from runs where state = ?)
      + (select coalesce(sum(length(data)), 0) from segments where id > ?) as bytes`,
    [RUN_STATE.live, readCounter(connection, "compacted_to")],
  ).rows as { bytes: number }[];
  return row?.bytes ?? 0;
}

/** Step 4, one piece. False when nothing dead is left. Inside a write transaction. */
export function deleteDead(connection: SqliteConnection): boolean {
  const segments = connection.execute(
    "delete from segments where id in (select id from segments where id <= ? order by id limit ?)",
    [readCounter(connection, "compacted_to"), ROWS_A_STEP],
  ).affected;
  if (segments > 0) return true;
  const blocks = connection.execute(
    `delete from blocks where id in (
      select blocks.id from runs join blocks on blocks.run_id = runs.id where runs.state = ? limit ?)`,
    [RUN_STATE.dead, ROWS_A_STEP],
  ).affected;
  if (blocks > 0) return true;
  return connection.execute("delete from runs where state = ?", [RUN_STATE.dead]).affected > 0;
}

function isLive(connection: SqliteConnection, id: number): boolean {
  return (
    connection.execute("select 1 from runs where id = ? and state = ?", [id, RUN_STATE.live]).rows.length > 0
  );
}

function setState(connection: SqliteConnection, id: number, state: number): void {
  connection.execute("update runs set state = ? where id = ?", [state, id]);
}
