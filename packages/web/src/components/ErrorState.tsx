/** What the server (or its silence) said, what can be done about it, and a button to try again. */
import { Button } from "@mantine/core";
import { ApiError, remedyFor } from "../api/client.ts";
import { OutcomeMark } from "./OutcomeMark.tsx";
import classes from "./states.module.css";

export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const failure = error instanceof ApiError ? error : null;
  const title = failure?.problem.title ?? "The page could not show this";
  const detail = failure?.problem.detail ?? (error instanceof Error ? error.message : String(error));
  return (
    <section className={classes.error} role="alert">
      <h2 className={classes.title}>
        <OutcomeMark outcome="failed" />
        {title}
      </h2>
      <p className={classes.detail}>{detail}</p>
      {failure?.problem.errors && (
        <ul className={classes.fields}>
          {failure.problem.errors.map((entry) => (
            <li key={`${entry.field} ${entry.message}`}>
              <code>{entry.field}</code> {entry.message}
            </li>
          ))}
        </ul>
      )}
      {failure && <p className={classes.remedy}>{remedyFor(failure)}</p>}
      <div className={classes.actions}>
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
        {failure && <code className={classes.code}>{failure.problem.code}</code>}
      </div>
    </section>
  );
}
