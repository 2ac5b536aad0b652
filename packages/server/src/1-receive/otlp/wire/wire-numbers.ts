/**
 * Conversions of 64-bit numbers that both decoders share, so that the same request gives the same doubles in either format.
 * `high` and `low` are the unsigned 32-bit halves.
 */

const TWO_TO_32 = 0x1_0000_0000;
const NANOS_PER_MS = 1_000_000;
/** 2^32 ns = 4294 ms + 967 296 ns, which keeps every intermediate result below 2^53. */
const HIGH_UNIT_MS = 4294;
const HIGH_UNIT_REST_NANOS = 967_296;

/** Nanoseconds since the epoch as milliseconds with a fraction; 0 means "not given". */
export function nanosToMs(high: number, low: number): number | null {
  if (high === 0 && low === 0) return null;
  const restNanos = high * HIGH_UNIT_REST_NANOS + low;
  const restMs = Math.floor(restNanos / NANOS_PER_MS);
  return high * HIGH_UNIT_MS + restMs + (restNanos - restMs * NANOS_PER_MS) / NANOS_PER_MS;
}

/** The same for decimal digits (no sign). */
export function nanosTextToMs(digits: string): number | null {
  const ms = Number(digits.slice(0, -6)) + Number(digits.slice(-6)) / NANOS_PER_MS;
  return ms === 0 ? null : ms;
}

/** Nearest double of an unsigned 64-bit integer. */
export function unsignedToNumber(high: number, low: number): number {
  return high * TWO_TO_32 + low;
}

/** Nearest double of a signed 64-bit integer. */
export function signedToNumber(high: number, low: number): number {
  return (high | 0) * TWO_TO_32 + low;
}

/** A signed 64-bit integer as a number if that is exact, else as decimal text. */
export function signedToExact(high: number, low: number): number | string {
  const value = signedToNumber(high, low);
  return Number.isSafeInteger(value) ? value : ((BigInt(high | 0) << 32n) | BigInt(low)).toString();
}
