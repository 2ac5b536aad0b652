/**
 * The words of instants along an axis: as short as may be while neighbours differ. Without the day where all are of one
 * day, with seconds where two are of one minute, and nothing where even those are the same. Pure.
 */
import { formatInstant } from "../format/instant.ts";

export function axisInstants(instants: readonly number[], zone: string): string[] {
  const first = instants[0];
  const last = instants.at(-1);
  if (first === undefined || last === undefined) return [];
  const day = (at: number) => formatInstant(at, { zone, nowAt: 0 }).replace(/\d\d:\d\d$/, "");
  const withDay = day(first) !== day(last);
  const words = (seconds: boolean) =>
    instants.map((at) => formatInstant(at, { zone, nowAt: last, withDay, seconds }));
  const minutes = words(false);
  const labels = minutes.some((label, index) => label === minutes[index - 1]) ? words(true) : minutes;
  return labels.map((label, index) => (label === labels[index - 1] ? "" : label));
}
