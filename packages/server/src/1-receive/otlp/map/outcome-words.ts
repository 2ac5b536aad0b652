/** The words by which sources say how something ended (INGEST 5.3, 2). The raw word stays in the telemetry. */

export type OutcomeWord = "completed" | "failed" | "cancelled" | "skipped";

const WORDS: ReadonlyMap<string, OutcomeWord> = new Map([
  ["success", "completed"],
  ["succeeded", "completed"],
  ["completed", "completed"],
  ["complete", "completed"],
  ["ok", "completed"],
  ["done", "completed"],
  ["finished", "completed"],
  ["failure", "failed"],
  ["failed", "failed"],
  ["fail", "failed"],
  ["error", "failed"],
  ["timeout", "failed"],
  ["timed_out", "failed"],
  ["dead_letter", "failed"],
  ["cancelled", "cancelled"],
  ["canceled", "cancelled"],
  ["cancellation", "cancelled"],
  ["aborted", "cancelled"],
  ["skipped", "skipped"],
  ["skip", "skipped"],
]);

export function outcomeOfWord(word: string): OutcomeWord | null {
  return WORDS.get(word.trim().toLowerCase()) ?? null;
}

/** "", "none" and the like say that there is no error type (INGEST 5.3, 2). */
export function errorTypeOfWord(word: string | null): string | null {
  if (word === null) return null;
  const trimmed = word.trim();
  return trimmed === "" || /^(none|null|nil|undefined)$/i.test(trimmed) ? null : trimmed;
}
