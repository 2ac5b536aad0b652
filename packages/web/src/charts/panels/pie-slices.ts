/** The slices of a pie: largest first, the many small ones as one. Pure. */

export interface Slice {
  name: string;
  value: number;
  /** Of the whole, 0 to 1. */
  share: number;
  /** Which of the samples it is; null for the rest. */
  index: number | null;
}

const MOST_SLICES = 10;

export function pieSlices(samples: readonly { name: string; value: number }[]): Slice[] {
  const sorted = samples
    .map(({ name, value }, index) => ({ name, value, index }))
    .filter(({ value }) => Number.isFinite(value) && value > 0)
    .sort((a, b) => b.value - a.value);
  const total = sorted.reduce((sum, { value }) => sum + value, 0);
  const shown = sorted.length > MOST_SLICES ? sorted.slice(0, MOST_SLICES - 1) : sorted;
  const rest = sorted.slice(shown.length);
  const slices: Slice[] = shown.map((slice) => ({ ...slice, share: slice.value / total }));
  if (rest.length > 0) {
    const value = rest.reduce((sum, slice) => sum + slice.value, 0);
    slices.push({ name: `${rest.length} others`, value, share: value / total, index: null });
  }
  return slices;
}
