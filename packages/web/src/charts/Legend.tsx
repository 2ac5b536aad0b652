/** What each line or slice is, and its latest value. A click shows one alone and again all; with Ctrl or ⌘ it hides one. */
import classes from "./chart.module.css";

export interface LegendEntry {
  name: string;
  color: string;
  dash?: "solid" | "dashed" | "dotted";
  value: string;
}

interface Props {
  entries: readonly LegendEntry[];
  label: string;
  /** Names that are not drawn. */
  hidden: ReadonlySet<string>;
  onHide: (hidden: ReadonlySet<string>) => void;
}

export function Legend({ entries, label, hidden, onHide }: Props) {
  const names = entries.map(({ name }) => name);
  const pick = (name: string, one: boolean) => {
    if (one) {
      const next = new Set(hidden);
      if (!next.delete(name)) next.add(name);
      onHide(next.size === names.length ? new Set() : next);
      return;
    }
    const isAlone = !hidden.has(name) && hidden.size === names.length - 1;
    onHide(new Set(isAlone ? [] : names.filter((other) => other !== name)));
  };
  return (
    <ul className={classes.legend} aria-label={label}>
      {entries.map(({ name, color, dash, value }) => (
        <li key={name}>
          <button
            type="button"
            className={classes.entry}
            aria-pressed={!hidden.has(name)}
            title={name}
            onClick={(event) => pick(name, event.ctrlKey || event.metaKey)}
          >
            <span
              className={classes.swatch}
              style={{ borderColor: color, borderTopStyle: dash ?? "solid" }}
            />
            <span className={classes.entryName}>{name}</span>
            <span className={classes.entryValue}>{value}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Where nothing can be hidden: names, values and shares, one under the other. */
export function PlainLegend({ entries, label }: { entries: readonly LegendEntry[]; label: string }) {
  return (
    <ul className={classes.legend} data-rows="" aria-label={label}>
      {entries.map(({ name, color, value }) => (
        <li key={name} className={classes.entry} title={name}>
          <span className={classes.swatch} data-square="" style={{ background: color }} />
          <span className={classes.entryName}>{name}</span>
          <span className={classes.entryValue}>{value}</span>
        </li>
      ))}
    </ul>
  );
}
