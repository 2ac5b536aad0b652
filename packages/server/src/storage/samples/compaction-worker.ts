/** A thread that compacts: one task at a time, handed back block by block, each when it is asked for. */
import { parentPort, workerData } from "node:worker_threads";
import { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import {
  type CompactionResult,
  type CompactionTask,
  type RunBlock,
  runCompaction,
} from "./compaction-task.ts";

export type ToCompactionWorker = { what: "run"; task: CompactionTask } | { what: "next" };

export type FromCompactionWorker =
  | { what: "block"; block: RunBlock }
  | { what: "end"; result: CompactionResult };

const connection = new SqliteConnection((workerData as { path: string }).path, "read");
let work: Generator<RunBlock, CompactionResult, undefined> | null = null;
/** The symbol of each series' metric, by id; read once and kept up. */
const metrics: number[] = [];
let lastSeriesId = 0;

parentPort?.on("message", (message: ToCompactionWorker) => {
  if (message.what === "run") work = runCompaction(connection, message.task, metricOf);
  const next = work?.next();
  if (next === undefined) return;
  if (next.done === true) {
    work = null;
    parentPort?.postMessage({ what: "end", result: next.value } satisfies FromCompactionWorker);
    return;
  }
  const { directory, data } = next.value.block;
  const answer: FromCompactionWorker = { what: "block", block: next.value };
  parentPort?.postMessage(answer, [directory.buffer, data.buffer]);
});

function metricOf(id: number): number {
  if (id > lastSeriesId) readMetrics();
  return metrics[id] ?? 0;
}

function readMetrics(): void {
  const { rows } = connection.execute("select id, metric from series where id > ? order by id", [
    lastSeriesId,
  ]);
  for (const row of rows as { id: number; metric: number }[]) {
    metrics[row.id] = row.metric;
    lastSeriesId = row.id;
  }
}
