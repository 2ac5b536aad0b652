/** The shape of an outcome, 14 px: it tells the outcomes apart without colour. Beside it always stands the word. */
import type { Outcome } from "../theme/tokens.ts";
import classes from "./outcome.module.css";

export function OutcomeMark({ outcome, live = false }: { outcome: Outcome; live?: boolean }) {
  return (
    <svg
      className={classes.mark}
      data-live={live || undefined}
      width="14"
      height="14"
      viewBox="0 0 14 14"
      aria-hidden="true"
      style={{ color: `var(--bw-${outcome})` }}
    >
      {SHAPES[outcome]}
    </svg>
  );
}

const stroke = { fill: "none", stroke: "currentColor", strokeWidth: 1.75, strokeLinecap: "round" } as const;
const cut = { fill: "none", stroke: "var(--bw-surface)", strokeWidth: 1.75, strokeLinecap: "round" } as const;

const SHAPES: Readonly<Record<Outcome, React.ReactNode>> = {
  success: (
    <>
      <circle cx="7" cy="7" r="6" fill="currentColor" />
      <path d="M4.3 7.2l1.9 1.9 3.5-4" {...cut} />
    </>
  ),
  running: (
    <>
      <circle cx="7" cy="7" r="5.2" {...stroke} />
      <circle cx="7" cy="7" r="2.2" fill="currentColor" />
    </>
  ),
  late: (
    <>
      <path d="M7 1.2l6 11.2H1z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
      <path d="M7 5.4v3" {...cut} />
      <circle cx="7" cy="10.5" r=".9" fill="var(--bw-surface)" />
    </>
  ),
  failed: (
    <>
      <rect x="1" y="1" width="12" height="12" rx="2.5" fill="currentColor" />
      <path d="M4.6 4.6l4.8 4.8M9.4 4.6L4.6 9.4" {...cut} />
    </>
  ),
  lost: (
    <>
      <circle cx="7" cy="7" r="5.4" {...stroke} strokeDasharray="3 2.65" />
      <path d="M7 4.4v3" {...stroke} />
      <circle cx="7" cy="9.7" r=".95" fill="currentColor" />
    </>
  ),
  unknown: (
    <>
      <circle cx="7" cy="7" r="5.4" {...stroke} strokeWidth={1.4} />
      <path d="M3.4 8.2l4.8-4.8M4.4 10.6l6.2-6.2M7 11.2l3.9-3.9" {...stroke} strokeWidth={1.2} />
    </>
  ),
  skipped: (
    <>
      <circle cx="7" cy="7" r="5.4" {...stroke} strokeWidth={1.4} />
      <path d="M4.6 7h4.8" {...stroke} strokeWidth={1.4} />
    </>
  ),
  dead: (
    <>
      <path
        d="M3.5 1H9l4 4v5.5A2.5 2.5 0 0 1 10.5 13h-7A2.5 2.5 0 0 1 1 10.5v-7A2.5 2.5 0 0 1 3.5 1z"
        fill="currentColor"
      />
      <path d="M4.4 6l4 4M8.4 6l-4 4" {...cut} />
    </>
  ),
};
