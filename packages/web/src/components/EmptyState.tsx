/** Nothing to show, and why: one sentence, perhaps with what to do. */
import type { ReactNode } from "react";
import classes from "./states.module.css";

export function EmptyState({ children }: { children: ReactNode }) {
  return <p className={classes.empty}>{children}</p>;
}
