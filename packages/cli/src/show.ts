/** How things are shown on a terminal: aligned tables, pairs, instants with their zone, durations and counts in words. */
import { stripVTControlCharacters } from "node:util";
import { formatDuration } from "@batchwatch/protocol";

export interface Column<T> {
  title: string;
  value(row: T): string;
  align?: "right";
}

const GAP = "  ";
/** What is unknown, so that a column is never empty. */
export const NOTHING = "–";

/** A table with its titles; the last column is not padded. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => plain(column.value(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => widthOf(cells[index] ?? ""))));
  return lines
    .map((cells) =>
      cells
        .map((cell, index) => {
          const padding = " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)));
          return columns[index]?.align === "right" ? padding + cell : cell + padding;
        })
        .join(GAP)
        .trimEnd(),
    )
    .join("\n");
}

/** Names and values below each other; a pair without a value is left out. */
export function pairs(entries: readonly (readonly [string, string | null])[]): string {
  const shown = entries.filter(
    (entry): entry is readonly [string, string] => entry[1] !== null && entry[1] !== NOTHING,
  );
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  return shown.map(([name, value]) => `${name.padEnd(width)}${GAP}${plain(value)}`).join("\n");
}

const INSTANT = new Intl.DateTimeFormat("sv-SE", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "shortOffset",
});

/** "2026-11-24 02:00:00 UTC+1", in the zone of this terminal (TZ). */
export function instant(iso: string | null): string {
  return iso === null
    ? NOTHING
    : INSTANT.format(new Date(iso))
        .replace("−", "-")
        .replace(/GMT(?:\+0$)?/, "UTC");
}

export function duration(ms: number | null): string {
  return ms === null ? NOTHING : formatDuration(ms);
}

export function count(value: number | null): string {
  return value === null ? NOTHING : value.toLocaleString("en-US").replaceAll(",", " ");
}

export function bytes(value: number | null): string {
  if (value === null) return NOTHING;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  return `${Math.round((value / 1024 ** power) * 10) / 10} ${units[power]}`;
}

/** `job`, or with what is not the default: `batch/job (staging)`. */
export function jobLabel(job: { namespace: string; environment: string; jobName: string }): string {
  const namespace = job.namespace === "default" ? "" : `${job.namespace}/`;
  return `${namespace}${job.jobName}${job.environment === "" ? "" : ` (${job.environment})`}`;
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** One line: texts of jobs must not move the cursor of whoever reads them. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out.
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f]+/g, " ");
}

function widthOf(text: string): number {
  return [...text].length;
}
