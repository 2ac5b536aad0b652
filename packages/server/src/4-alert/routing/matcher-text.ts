/** A matcher as it was written, before its expression is compiled. */
import type { MatchOperator } from "../../model/routing.ts";

/** Wrong in a way that the text says; `message` is the end of a sentence. */
export class MatcherError extends Error {
  readonly code = "BAD_MATCHER";
}

export interface MatcherText {
  name: string;
  op: MatchOperator;
  value: string;
}
