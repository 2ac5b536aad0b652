/** What the meter's series stand at now, by family: for `GET /metrics`. */
import type { ExposedFamily, ExposedPoint } from "../../model/exposition.ts";
import type { MeterSnapshot } from "./meter.ts";
import { METER_FAMILIES, meterFamily } from "./meter-families.ts";

/** Families in the order of the list, then those that only jobs themselves tell. */
export function meterExposition({ series, gauges }: MeterSnapshot): ExposedFamily[] {
  const points = new Map<string, ExposedPoint[]>();
  const types = new Map<string, ExposedFamily["type"]>();
  const add = (family: string, type: ExposedFamily["type"], point: ExposedPoint): void => {
    const known = types.get(family);
    // One name cannot be two kinds.
    if (known !== undefined && known !== type) return;
    types.set(family, type);
    const ofFamily = points.get(family);
    if (ofFamily === undefined) points.set(family, [point]);
    else ofFamily.push(point);
  };
  for (const { family, labels, value } of gauges) add(family, "gauge", { labels, value });
  const counted = new Set(gauges.map(({ family }) => family));
  for (const { family, labels, state, createdAt } of series)
    if (!counted.has(family)) add(family, state.kind, { labels, value: state.value, createdAt });
  const names = [
    ...METER_FAMILIES.map(({ name }) => name),
    ...[...points.keys()].filter((name) => meterFamily(name) === null).sort(),
  ];
  return names.flatMap((name) => {
    const ofFamily = points.get(name);
    const type = types.get(name);
    if (ofFamily === undefined || type === undefined) return [];
    const help = meterFamily(name)?.help ?? "Told by jobs themselves.";
    return [{ name, type, help, points: ofFamily }];
  });
}
