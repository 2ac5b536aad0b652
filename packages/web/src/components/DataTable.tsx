/**
 * A plain table: a caption for screen readers, headings, rows. On a phone a row stands as a few lines, each figure with
 * its name; a table that is wider than its box elsewhere scrolls in it, and its edge shows that there is more.
 */
import type { ReactNode } from "react";
import classes from "./data-table.module.css";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Numbers line up at the right. */
  figure?: boolean;
  /** Takes what width is left and wraps. */
  grow?: boolean;
  /** Left out on a phone where there is nothing in it. */
  emptyIf?: (row: T) => boolean;
}

interface Props<T> {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}

/** Said in words, since browsers take them away from table elements that are laid out otherwise. */
const ROLE = {
  table: { role: "table" },
  rowgroup: { role: "rowgroup" },
  row: { role: "row" },
  columnheader: { role: "columnheader" },
  cell: { role: "cell" },
} as const;

export function DataTable<T>({ caption, columns, rows, keyOf }: Props<T>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={classes.scroll} tabIndex={0} aria-label={caption}>
      <table className={classes.table} {...ROLE.table}>
        <caption className="bw-hidden">{caption}</caption>
        <thead {...ROLE.rowgroup}>
          <tr {...ROLE.row}>
            {columns.map((column) => (
              <th key={column.name} scope="col" {...ROLE.columnheader} className={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...ROLE.rowgroup}>
          {rows.map((row) => (
            <tr key={keyOf(row)} {...ROLE.row}>
              {columns.map((column) => (
                <td
                  key={column.name}
                  {...ROLE.cell}
                  className={classOf(column)}
                  data-name={column.figure ? column.name : undefined}
                  data-empty={column.emptyIf?.(row) || undefined}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function classOf<T>(column: Column<T>): string {
  return [column.figure ? classes.figure : "", column.grow ? classes.grow : ""].join(" ");
}
