/** A part of a page with a heading; what belongs beside the heading stands at its right. */
import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

interface Props {
  title: string;
  aside?: ReactNode;
  /** No padding around the content: for tables that reach the edges. */
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, aside, flush = false, children }: Props) {
  const id = useId();
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <header className={classes.header}>
        <h2 className={classes.title} id={id}>
          {title}
        </h2>
        {aside && <div className={classes.aside}>{aside}</div>}
      </header>
      <div className={classes.body} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}
