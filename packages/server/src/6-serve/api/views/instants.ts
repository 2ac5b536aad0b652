/** Epoch milliseconds to the API's form: ISO 8601, UTC, milliseconds. */

export function instant(at: number): string {
  return new Date(at).toISOString();
}

export function instantOrNull(at: number | null): string | null {
  return at === null ? null : instant(at);
}

/** Where a run stands on the time axis: its start, else the time it waited from, was meant for, or was first heard of. */
export function runTime(run: {
  startedAt: number | null;
  queuedAt: number | null;
  scheduledAt: number | null;
  firstReceivedAt: number;
}): number {
  return run.startedAt ?? run.queuedAt ?? run.scheduledAt ?? run.firstReceivedAt;
}
