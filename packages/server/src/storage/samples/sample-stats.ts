/** Figures of `samples.db`. */
import type { MetricStoreStats } from "../metric-store.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { RUN_STATE, readCounter } from "./sample-schema.ts";

interface Sums {
  count: number;
  samples: number;
  blocks: number;
  firstAt: number | null;
  lastAt: number | null;
}

export function readStats(
  connection: SqliteConnection,
): Omit<MetricStoreStats, "series" | "queriesRunning" | "queriesWaiting"> {
  const segments = one(
    connection,
    `select count(*) as count, coalesce(sum(samples), 0) as samples, 0 as blocks, min(from_at) as firstAt,
      max(to_at) as lastAt from segments where id > ? and samples > 0`,
    readCounter(connection, "compacted_to"),
  );
  const runs = one(
    connection,
    `select count(*) as count, coalesce(sum(samples), 0) as samples, coalesce(sum(blocks), 0) as blocks,
      min(from_at) as firstAt, max(to_at) as lastAt from runs where state = ?`,
    RUN_STATE.live,
  );
  const times = [segments.firstAt, segments.lastAt, runs.firstAt, runs.lastAt].filter((at) => at !== null);
  return {
    samples: segments.samples + runs.samples,
    segments: segments.count,
    blocks: runs.blocks,
    bytes: usedBytes(connection),
    firstAt: times.length === 0 ? null : Math.min(...times),
    lastAt: times.length === 0 ? null : Math.max(...times),
  };
}

/** What waits to be compacted. */
export function unflushed(connection: SqliteConnection): { segments: number; samples: number } {
  const [row] = connection.execute(
    "select count(*) as segments, coalesce(sum(samples), 0) as samples from segments where id > ?",
    [readCounter(connection, "compacted_to")],
  ).rows as { segments: number; samples: number }[];
  return row ?? { segments: 0, samples: 0 };
}

/** Pages in use; what was freed and not given back yet does not count. */
export function usedBytes(connection: SqliteConnection): number {
  return pages(connection, "page_count", "freelist_count") * pages(connection, "page_size");
}

export function freePages(connection: SqliteConnection): number {
  return pages(connection, "freelist_count");
}

function pages(connection: SqliteConnection, name: string, without?: string): number {
  const value = pragma(connection, name);
  return without === undefined ? value : value - pragma(connection, without);
}

function pragma(connection: SqliteConnection, name: string): number {
  const [row] = connection.execute(`pragma ${name}`, []).rows as Record<string, number>[];
  return row?.[name] ?? 0;
}

function one(connection: SqliteConnection, text: string, parameter: number): Sums {
  const [row] = connection.execute(text, [parameter]).rows as unknown as Sums[];
  return row ?? { count: 0, samples: 0, blocks: 0, firstAt: null, lastAt: null };
}
