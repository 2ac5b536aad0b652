/**
 * Events that may have been told twice without a word about it: `curl --retry` sends a ping again when the answer was
 * lost, with neither an id nor a time of its own. Their ids begin with a mark of what was said and by whom, so that the
 * repetition can be told from the next run of the same job.
 */
import { hash } from "node:crypto";

const MARK_CHARACTERS = 8;
const ID_CHARACTERS = 32;
const WHOLE_ID = /^[0-9a-f]{32}$/;

/** `curl -m 10 --retry 5` waits at most 16 s before a try, and 10 s in it. */
const REPEAT_GAP_MS = 30_000;
/** Its six tries together: 6 × 10 s, and 1 + 2 + 4 + 8 + 16 s between them. */
export const REPEAT_SPAN_MS = 91_000;

/**
 * @param said what was said and by whom, as text; the same for each repetition
 * @param unique at least 24 hexadecimal digits that no other event has
 * @returns 32 hexadecimal digits, which are stored as 16 bytes
 */
export function repeatableEventId(said: string, unique: string): string {
  return (hash("sha256", said, "hex").slice(0, MARK_CHARACTERS) + unique).slice(0, ID_CHARACTERS);
}

/** True where both are one event, or the same thing said again by the same sender within moments. */
export function isSameSaid(
  a: { eventId: string; at: number },
  b: { eventId: string; at: number },
  gapMs = REPEAT_GAP_MS,
): boolean {
  if (a.eventId === b.eventId) return true;
  return (
    Math.abs(a.at - b.at) <= gapMs &&
    WHOLE_ID.test(a.eventId) &&
    WHOLE_ID.test(b.eventId) &&
    a.eventId.startsWith(b.eventId.slice(0, MARK_CHARACTERS))
  );
}
