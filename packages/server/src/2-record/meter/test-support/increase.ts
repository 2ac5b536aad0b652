/** `increase` and `rate` as PromQL has them (PROMETHEUS 1.5), for samples of one series. */
export interface Points {
  times: ArrayLike<number>;
  values: ArrayLike<number>;
}

/** Over (at − rangeMs, at]; null with fewer than two samples. */
export function increase(points: Points, at: number, rangeMs: number): number | null {
  const from = at - rangeMs;
  const inside: [number, number][] = [];
  for (let index = 0; index < points.times.length; index++) {
    const time = points.times[index] ?? 0;
    const value = points.values[index] ?? 0;
    if (time > from && time <= at && !Number.isNaN(value)) inside.push([time, value]);
  }
  const [first] = inside;
  const last = inside.at(-1);
  if (first === undefined || last === undefined || inside.length < 2) return null;
  let grown = last[1] - first[1];
  for (let index = 1; index < inside.length; index++) {
    const [before, after] = [inside[index - 1]?.[1] ?? 0, inside[index]?.[1] ?? 0];
    if (after < before) grown += before;
  }
  const span = last[0] - first[0];
  const average = span / (inside.length - 1);
  let start = first[0] - from;
  if (start >= average * 1.1) start = average / 2;
  if (grown > 0 && first[1] >= 0) start = Math.min(start, (span * first[1]) / grown);
  let end = at - last[0];
  if (end >= average * 1.1) end = average / 2;
  return (grown * (span + start + end)) / span;
}
