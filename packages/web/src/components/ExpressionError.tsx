/** What the engine said of an expression, and the place in it: the line, with a mark under the column. */
import { Button } from "@mantine/core";
import { ApiError, remedyFor } from "../api/client.ts";
import { PromqlError } from "../api/prometheus.ts";
import classes from "./expression-error.module.css";
import { OutcomeMark } from "./OutcomeMark.tsx";

interface Props {
  error: unknown;
  /** As it was asked. */
  query: string;
  onRetry?: () => void;
}

const TITLES: Readonly<Record<string, string>> = {
  bad_data: "The query is not valid",
  execution: "The query could not be evaluated",
  timeout: "The query took too long",
  canceled: "The query was cancelled",
  unavailable: "The server cannot answer queries right now",
};

export function ExpressionError({ error, query, onRetry }: Props) {
  const place = error instanceof PromqlError ? error.place : null;
  const line = place === null ? undefined : query.split("\n")[place.line - 1];
  return (
    <div className={classes.error} role="alert">
      <p className={classes.title}>
        <OutcomeMark outcome="failed" />
        {titleOf(error)}
      </p>
      <p className={classes.message}>
        {error instanceof Error ? error.message : String(error)}
        {place !== null && ` (line ${place.line}, column ${place.column})`}
      </p>
      {place !== null && line !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        <pre className={classes.place} tabIndex={0}>
          {line}
          {"\n"}
          {" ".repeat(Math.max(0, place.column - 1))}
          <span className={classes.caret}>^</span>
        </pre>
      )}
      {error instanceof ApiError && <p className={classes.message}>{remedyFor(error)}</p>}
      {onRetry && (
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function titleOf(error: unknown): string {
  if (error instanceof PromqlError) return TITLES[error.errorType] ?? "The query failed";
  return error instanceof ApiError ? error.problem.title : "The query failed";
}
