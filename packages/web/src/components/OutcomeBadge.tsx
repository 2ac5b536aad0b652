/** Colour, shape and word of an outcome. `soft` puts it on its own ground, for where it is the main thing said. */

import { OutcomeMark } from "./OutcomeMark.tsx";
import classes from "./outcome.module.css";
import type { OutcomeLook } from "./outcome.ts";

interface Props {
  look: OutcomeLook;
  soft?: boolean;
  /** A soft pulse: only where something is going on right now. */
  live?: boolean;
  title?: string;
}

export function OutcomeBadge({ look, soft = false, live = false, title }: Props) {
  return (
    <span
      className={classes.badge}
      data-soft={soft || undefined}
      title={title}
      style={
        soft
          ? { color: `var(--bw-${look.outcome}-text)`, background: `var(--bw-${look.outcome}-soft)` }
          : { color: `var(--bw-${look.outcome}-text)` }
      }
    >
      <OutcomeMark outcome={look.outcome} live={live} />
      {look.word}
    </span>
  );
}
