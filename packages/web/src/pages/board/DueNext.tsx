/** What is due next, in one line under the headline. */
import { Link } from "react-router";
import { useDueNext } from "../../api/queries.ts";
import { Instant } from "../../components/Instant.tsx";
import { jobLink } from "../../url-state/links.ts";
import classes from "./board.module.css";

const SHOWN = 3;

export function DueNext() {
  const due = useDueNext();
  const jobs = (due.data?.items ?? []).filter((job) => job.nextSlotAt !== null).slice(0, SHOWN);
  if (jobs.length === 0) return null;
  return (
    <span className={classes.dueNext}>
      Due next:
      {jobs.map((job) => (
        <span key={jobLink(job)}>
          <Link className="bw-link bw-code" to={jobLink(job)}>
            {job.jobName}
          </Link>{" "}
          <Instant at={job.nextSlotAt} jobZone={job.timezone} />
        </span>
      ))}
    </span>
  );
}
