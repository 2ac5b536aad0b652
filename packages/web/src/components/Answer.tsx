/**
 * One answer of the API in its states: not yet there (skeleton), failed (problem and retry), and there. Old data stays
 * while new is on its way; when it can no longer be refreshed it is dimmed and says how old it is.
 */
import type { ReactNode } from "react";
import { useCallback } from "react";
import { useApiKey } from "../api/api-key.ts";
import { ApiError } from "../api/client.ts";
import { useLiveState } from "../api/live-updates.ts";
import { useClock } from "../clock/clock.ts";
import { formatCoarseDuration } from "../format/duration.ts";
import { EmptyState } from "./EmptyState.tsx";
import { ErrorState } from "./ErrorState.tsx";
import { LoadingRows } from "./LoadingRows.tsx";
import classes from "./states.module.css";

interface AnswerQuery<T> {
  data: T | undefined;
  error: unknown;
  dataUpdatedAt: number;
  isPlaceholderData?: boolean;
  refetch: () => Promise<unknown>;
}

interface Props<T> {
  query: AnswerQuery<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}

/** Younger than this is as good as live. */
const FRESH_MS = 5_000;

export function Answer<T>({ query, rows, children }: Props<T>) {
  const live = useLiveState();
  const { wanted } = useApiKey();
  const retry = useCallback(() => void query.refetch(), [query.refetch]);
  if (query.data === undefined) {
    // The key dialog says what is the matter, once.
    if (wanted && isRefusal(query.error)) return <EmptyState>Shown when there is a key.</EmptyState>;
    return query.error ? (
      <ErrorState error={query.error} onRetry={retry} />
    ) : (
      <LoadingRows {...(rows && { rows })} />
    );
  }
  const stale = live === "cut" || query.error !== null;
  return (
    <div className={classes.answer} data-old={query.isPlaceholderData || undefined}>
      {stale && <Age updatedAt={query.dataUpdatedAt} />}
      <div data-stale={stale || undefined} className={classes.body}>
        {children(query.data)}
      </div>
    </div>
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

function Age({ updatedAt }: { updatedAt: number }) {
  const describe = useCallback(() => {
    const ageMs = Date.now() - updatedAt;
    return ageMs < FRESH_MS ? "" : `as of ${formatCoarseDuration(ageMs)} ago`;
  }, [updatedAt]);
  const words = useClock(describe);
  return words === "" ? null : (
    <p className={classes.age} role="status">
      {words}; the connection is cut, trying again
    </p>
  );
}
