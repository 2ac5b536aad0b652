/** Which jobs the panels are narrowed to; none chosen = all. The names are those that the samples of the range have. */
import { MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { labelValues } from "../../api/prometheus.ts";
import { now } from "../../clock/clock.ts";
import { periodOf, type TimeRange } from "../../url-state/time-range.ts";
import classes from "./dashboards.module.css";

interface Props {
  jobs: readonly string[];
  range: TimeRange;
  onChange: (jobs: readonly string[]) => void;
}

const MOST_SHOWN = 200;

export function JobChoice({ jobs, range, onChange }: Props) {
  const names = useQuery({
    queryKey: ["label-values", "job_name", range],
    queryFn: ({ signal }) => {
      const period = periodOf(range, now()) ?? { from: 0, to: now() };
      return labelValues("job_name", period, signal);
    },
  });
  return (
    <MultiSelect
      size="xs"
      className={classes.jobs}
      aria-label="Jobs"
      placeholder={jobs.length === 0 ? "All jobs" : ""}
      data={[...new Set([...jobs, ...(names.data ?? [])])].filter((name) => name !== "")}
      value={[...jobs]}
      onChange={onChange}
      limit={MOST_SHOWN}
      searchable
      clearable
      hidePickedOptions
      nothingFoundMessage={
        names.isError ? "The names could not be asked" : "No job of this name in this time"
      }
    />
  );
}
