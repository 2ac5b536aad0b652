/** The metrics there are, to begin with: a click asks for one. */
import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { labelValues } from "../../api/prometheus.ts";
import { now } from "../../clock/clock.ts";
import { Answer } from "../../components/Answer.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Panel } from "../../components/Panel.tsx";
import { formatExactCount } from "../../format/count.ts";
import { periodOf, type TimeRange } from "../../url-state/time-range.ts";
import classes from "./explore.module.css";

const MOST_SHOWN = 300;

export function MetricNames({ range, onChoose }: { range: TimeRange; onChoose: (name: string) => void }) {
  const [search, setSearch] = useState("");
  const names = useQuery({
    queryKey: ["label-values", "__name__", range],
    queryFn: ({ signal }) =>
      labelValues("__name__", periodOf(range, now()) ?? { from: 0, to: now() }, signal),
  });
  return (
    <Panel title="Metrics in this time" aside={names.data && formatExactCount(names.data.length)}>
      <Answer query={names}>
        {(all) => {
          if (all.length === 0) return <EmptyState>No samples came in this time.</EmptyState>;
          const found = all.filter((name) => name.includes(search.trim()));
          return (
            <>
              <TextInput
                aria-label="Search metrics"
                placeholder="Search metrics"
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
              <ul className={classes.metrics}>
                {found.slice(0, MOST_SHOWN).map((name) => (
                  <li key={name}>
                    <button type="button" className={classes.metric} onClick={() => onChoose(name)}>
                      {name}
                    </button>
                  </li>
                ))}
              </ul>
              {found.length > MOST_SHOWN && (
                <p className="bw-dim">
                  and {formatExactCount(found.length - MOST_SHOWN)} more: search for a part of the name
                </p>
              )}
            </>
          );
        }}
      </Answer>
    </Panel>
  );
}
