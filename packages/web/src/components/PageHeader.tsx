/** The top of a page: where it stands, what it is about, how that is, and what can be done. Sets the document's title. */
import type { ReactNode } from "react";
import { usePageTitle } from "../shell/page-title.ts";
import classes from "./page-header.module.css";

interface Props {
  title: string;
  /** Names of jobs and runs are shown as code. */
  code?: boolean;
  trail?: ReactNode;
  badge?: ReactNode;
  /** One sentence: the answer. */
  sentence?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, code = false, trail, badge, sentence, actions }: Props) {
  usePageTitle(title);
  return (
    <div className={classes.header}>
      <div className={classes.words}>
        {trail && <div className={classes.trail}>{trail}</div>}
        <div className={classes.line}>
          <h1 className={code ? classes.code : classes.title}>{title}</h1>
          {badge}
        </div>
        {sentence && <p className={classes.sentence}>{sentence}</p>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
