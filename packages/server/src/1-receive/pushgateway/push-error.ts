/** Answered with 400: nothing of the push was taken. */
export class PushError extends Error {
  readonly code = "PUSH_REFUSED";
  /** The push was read, and contradicts what is there; the group says so (`push_failure_time_seconds`). */
  readonly isInconsistent: boolean;

  constructor(message: string, isInconsistent = false) {
    super(message);
    this.isInconsistent = isInconsistent;
  }
}
