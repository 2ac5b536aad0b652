/** A query that cannot be answered. `kind` decides the HTTP status and whether a retry may help. */
export type QueryErrorKind =
  /** The text is no valid query, or a parameter is wrong (400). */
  | "bad_data"
  /** Evaluation failed: many-to-many match, duplicate label sets, a limit on samples (422). */
  | "execution"
  /** It took longer than its timeout (503). */
  | "timeout"
  /** The asker went away (499). */
  | "canceled";

export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly kind: QueryErrorKind;

  constructor(kind: QueryErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
