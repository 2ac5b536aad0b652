/** Where the files lie that Batchwatch brings along: `integrations/`, seen from the sources, the bundle and an installed copy. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder `integrations/<name>`; null where it was not installed along. */
export function findShippedDir(
  name: string,
  from: string = fileURLToPath(new URL("./", import.meta.url)),
): string | null {
  const places = ["../../../../integrations", "../../../integrations", "integrations"];
  return places.map((place) => join(from, place, name)).find((place) => existsSync(place)) ?? null;
}
