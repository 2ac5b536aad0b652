/**
 * Instants on the wire: ISO 8601 with a zone (any number of fraction digits), or epoch milliseconds.
 * Which instants can be true is judged here too, so that every door says the same about a clock that is wrong.
 */

/** Before this, a time is a clock that was never set, or seconds taken for milliseconds. */
export const EARLIEST_INSTANT_AT = Date.UTC(2010, 0, 1);
/** How far a sender's clock may be ahead. */
export const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;
/** How far ahead a nominal time (a slot) may lie. */
export const MAX_NOMINAL_AHEAD_MS = 400 * 24 * 60 * 60 * 1000;

const ISO_INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/i;

/**
 * Reads an instant.
 * @returns epoch milliseconds, whole (finer fractions are cut).
 * @throws RangeError that says what is wrong; it names no field.
 */
export function parseInstant(value: string | number): number {
  if (typeof value === "number") {
    if (!Number.isFinite(value))
      throw new RangeError("must be a time: ISO 8601 with a zone, or epoch milliseconds");
    return Math.floor(value);
  }
  const match = ISO_INSTANT.exec(value.trim());
  if (match === null)
    throw new RangeError(
      'must be a time in ISO 8601 with a zone, e.g. "2026-11-23T02:00:00Z", or a number of epoch milliseconds',
    );
  const [, year, month, dayOfMonth, hour, minute, second = "0", fraction = "", zone] = match;
  if (zone === undefined)
    throw new RangeError(`has no time zone: end it with "Z" or an offset, e.g. "${value.trim()}Z"`);
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, "0"));
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(dayOfMonth)));
  const dayIsReal =
    midnight.getUTCMonth() === Number(month) - 1 && midnight.getUTCDate() === Number(dayOfMonth);
  // A leap second (:60) is read as the first instant of the next minute.
  if (!dayIsReal || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60)
    throw new RangeError("names a day or an hour that does not exist");
  const clockMs = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000;
  return midnight.getTime() + clockMs + milliseconds - zoneOffsetMs(zone);
}

function zoneOffsetMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** Why this instant cannot be when something happened, with the remedy; null when it can. */
export function whyNotPlausible(at: number, now: number, maxAheadMs: number = MAX_AHEAD_MS): string | null {
  if (at < EARLIEST_INSTANT_AT) {
    const asSeconds = at * 1000;
    const looksLikeSeconds = asSeconds >= EARLIEST_INSTANT_AT && asSeconds <= now + maxAheadMs;
    return `is ${showInstant(at)}, before 2010${
      looksLikeSeconds ? "; it looks like epoch seconds: send milliseconds" : "; set the sender's clock"
    }`;
  }
  if (at > now + maxAheadMs)
    return `is ${showInstant(at)}, more than ${Math.round(maxAheadMs / 3_600_000)} h ahead of the server's clock (${showInstant(now)}); set the sender's clock`;
  return null;
}

function showInstant(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
