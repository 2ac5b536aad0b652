/** What is wrong with dashboard files, each with its file, line and field. */
import type { DashboardProblem } from "../../api/resources.ts";
import { OutcomeMark } from "../../components/OutcomeMark.tsx";
import { plural } from "../../format/count.ts";
import classes from "./dashboards.module.css";

export function FileProblems({ problems }: { problems: readonly DashboardProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <section className={classes.problems} aria-label="Problems in dashboard files">
      <p className={classes.problemsTitle}>
        <OutcomeMark outcome="late" />
        {plural(problems.length, "problem")} in dashboard files; what was good before is still shown.
      </p>
      <ul>
        {problems.map(({ file, line, field, message }) => (
          <li key={`${file}:${line}:${field}:${message}`}>
            <code>
              {file}
              {line !== null && `:${line}`}
            </code>{" "}
            {field !== "" && (
              <>
                <code>{field}</code>{" "}
              </>
            )}
            {message}
          </li>
        ))}
      </ul>
    </section>
  );
}
