/** A plain table: a caption for screen readers, headings, rows; wide ones scroll inside their own box on a phone. */
import type { ReactNode } from "react";
import classes from "./data-table.module.css";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Numbers line up at the right. */
  figure?: boolean;
  /** Takes what width is left and wraps. */
  grow?: boolean;
  /** Left out where there is no room for it. */
  wideOnly?: boolean;
}

interface Props<T> {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}

export function DataTable<T>({ caption, columns, rows, keyOf }: Props<T>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={classes.scroll} tabIndex={0} aria-label={caption}>
      <table className={classes.table}>
        <caption className="bw-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} className={classOf(column)}>
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
  return [
    column.figure ? classes.figure : "",
    column.grow ? classes.grow : "",
    column.wideOnly ? classes.wideOnly : "",
  ].join(" ");
}
