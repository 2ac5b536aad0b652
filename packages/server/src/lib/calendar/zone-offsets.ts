/**
 * IANA zones as stretches of constant offset. Receives an instant or a wall time and a zone; hands on instants.
 * Everything in this folder that speaks of "local time" goes through here, so that both DST changes are right once.
 *
 * A wall time is written as the epoch milliseconds that it would be in UTC ("floating"): arithmetic on it is plain.
 */

const HOUR_MS = 3_600_000;

/** A stretch of time in which the zone's offset stays the same: `from` included, `to` excluded. */
export interface OffsetStretch {
  from: number;
  to: number;
  offsetMs: number;
}

/** No zone was ever farther than this from UTC, so an instant lies within it of its floating wall time. */
const LARGEST_OFFSET_MS = 27 * HOUR_MS;

const stretchesByZone = new Map<string, OffsetStretch[]>();

/** True for an IANA zone name that this installation knows. Offsets such as "+02:00" are zones too. */
export function isTimeZone(zone: string): boolean {
  if (zone === "") return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

export function offsetStretchAt(zone: string, at: number): OffsetStretch {
  const known = stretchesByZone.get(zone) ?? [];
  stretchesByZone.set(zone, known);
  const cached = known.find((stretch) => at >= stretch.from && at < stretch.to);
  if (cached !== undefined) return cached;
  const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const next = zoned.getTimeZoneTransition("next");
  // "previous" excludes the instant itself, so ask from just after it.
  const previous = zoned.add({ nanoseconds: 1 }).getTimeZoneTransition("previous");
  const stretch: OffsetStretch = {
    from: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    to: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs: Math.round(zoned.offsetNanoseconds / 1e6),
  };
  known.push(stretch);
  return stretch;
}

/** The floating wall time of an instant. */
export function wallTimeOf(at: number, zone: string): number {
  return at + offsetStretchAt(zone, at).offsetMs;
}

/**
 * The instant of a floating wall time. A time that happens twice (autumn) is its first occurrence; one that never
 * happens (spring) is the first instant after the gap.
 */
export function instantOfWallTime(wallAt: number, zone: string): number {
  let stretch = offsetStretchAt(zone, wallAt - LARGEST_OFFSET_MS);
  for (;;) {
    const at = wallAt - stretch.offsetMs;
    if (at < stretch.from) return stretch.from;
    if (at < stretch.to) return at;
    stretch = offsetStretchAt(zone, stretch.to);
  }
}
