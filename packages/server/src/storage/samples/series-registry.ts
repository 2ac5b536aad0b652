/**
 * Series and their ids. A series is its labels in one canonical text; each label is a row, so that selecting by equality
 * and listing labels read an index. The day of the latest sample is kept, so that a series can age.
 */
import { cleanText } from "../../lib/clean-text.ts";
import type { SeriesLabels } from "../../model/samples.ts";
import type { LabelMatcher } from "../sample-store.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { compileMatchers } from "./label-matching.ts";

export const DAY_MS = 86_400_000;
/** Some 200 bytes each; beyond that the least lucky are read from the table again. */
const CACHE_LIMIT = 200_000;

export const SERIES_TABLES: readonly string[] = [
  `create table if not exists series (
    id integer primary key autoincrement, labels text not null unique, last_day integer not null
  ) strict`,
  "create index if not exists series_by_day on series (last_day)",
  `create table if not exists series_labels (
    name text not null, value text not null,
    series_id integer not null references series (id) on delete cascade, primary key (name, value, series_id)
  ) strict, without rowid`,
  "create index if not exists series_labels_by_series on series_labels (series_id)",
];

interface Known {
  id: number;
  lastDay: number;
}

export class SeriesRegistry {
  readonly #cache = new Map<string, Known>();

  /** The ids of these series; new ones are written. Inside a write transaction. */
  register(
    connection: SqliteConnection,
    series: readonly SeriesLabels[],
    lastAt: readonly number[],
  ): number[] {
    return series.map((labels, index) => {
      const day = Math.floor((lastAt[index] ?? 0) / DAY_MS);
      const text = canonicalLabels(labels);
      const known = this.#cache.get(text);
      if (known !== undefined && known.lastDay >= day) return known.id;
      const { rows } = connection.execute(
        `insert into series (labels, last_day) values (?, ?)
         on conflict (labels) do update set last_day = max(last_day, excluded.last_day)
         returning id, last_day as lastDay`,
        [text, day],
      );
      const [stored] = rows as Known[];
      if (stored === undefined) throw new Error("An upsert answered no row.");
      if (known === undefined) this.#writeLabels(connection, stored.id, text);
      if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
      this.#cache.set(text, { id: stored.id, lastDay: stored.lastDay });
      return stored.id;
    });
  }

  /** After a rollback or a pruning, when ids in the cache may be of no row. */
  forget(): void {
    this.#cache.clear();
  }

  #writeLabels(connection: SqliteConnection, id: number, text: string): void {
    for (const [name, value] of Object.entries(JSON.parse(text) as SeriesLabels))
      connection.execute(
        "insert into series_labels (name, value, series_id) values (?, ?, ?) on conflict do nothing",
        [name, value, id],
      );
  }
}

/** Series that all matchers hold for. */
export function selectSeries(
  connection: SqliteConnection,
  matchers: readonly LabelMatcher[],
): Map<number, SeriesLabels> {
  const test = compileMatchers(matchers);
  // Equality with a text is looked up in the index, the name before all; the rest is told by looking.
  const equal = matchers.filter((matcher) => matcher.op === "=" && matcher.value !== "");
  const key = equal.find((matcher) => matcher.name === "__name__") ?? equal[0];
  const { rows } =
    key === undefined
      ? connection.execute("select id, labels from series order by id", [])
      : connection.execute(
          `select series.id, series.labels from series_labels join series on series.id = series_labels.series_id
           where series_labels.name = ? and series_labels.value = ? order by series.id`,
          [key.name, key.value],
        );
  const selected = new Map<number, SeriesLabels>();
  for (const row of rows as { id: number; labels: string }[]) {
    const labels = JSON.parse(row.labels) as SeriesLabels;
    if (test(labels)) selected.set(row.id, labels);
  }
  return selected;
}

/** The same text for the same labels, whatever their order. An empty label is none. */
function canonicalLabels(labels: SeriesLabels): string {
  const entries = Object.entries(labels)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [cleanText(name), cleanText(value)] as const);
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
}
