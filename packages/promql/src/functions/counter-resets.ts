/** Where a counter fell, found once for a series, so that a window need not look at all its samples. */
export interface CounterResets {
  /** What the resets within the samples [low, high) took away: the sum of the values before each. */
  lostBetween(low: number, high: number): number;
}

/** Undefined when the series never falls. */
export function counterResets(values: Float64Array): CounterResets | undefined {
  const places: number[] = [];
  for (let index = 1; index < values.length; index++)
    if ((values[index] as number) < (values[index - 1] as number)) places.push(index);
  if (places.length === 0) return undefined;
  let from = 0;
  return {
    lostBetween(low, high) {
      // Windows only move forward; a reset at `low` itself lies before the window.
      while (from < places.length && (places[from] as number) <= low) from += 1;
      let lost = 0;
      for (let index = from; index < places.length; index++) {
        const place = places[index] as number;
        if (place >= high) break;
        lost += values[place - 1] as number;
      }
      return lost;
    },
  };
}
