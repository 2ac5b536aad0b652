/** When a failed try is repeated: exponential from 1 s to 10 min with jitter, given up after about a day. Pure. */

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10 * 60_000;
/** With these delays the last try comes about 24 hours after the first. */
export const TRY_LIMIT = 150;

/**
 * @param failedTries 1 after the first failure.
 * @param random in [0, 1); spreads the delay over ± 20 % so that many deliveries do not come back at once.
 * @returns milliseconds to wait, null = give up.
 */
export function retryDelayMs(
  failedTries: number,
  askedMs: number | null,
  random: () => number,
): number | null {
  if (failedTries >= TRY_LIMIT) return null;
  const exponential = Math.min(FIRST_DELAY_MS * 2 ** Math.min(failedTries - 1, 30), LONGEST_DELAY_MS);
  const jittered = exponential * (0.8 + 0.4 * random());
  return Math.round(Math.max(jittered, askedMs ?? 0));
}
