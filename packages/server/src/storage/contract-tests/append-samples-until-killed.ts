/**
 * Appends to the samples of the given directory, round after round from the given one, while compaction goes on all the
 * time, and prints the number of each round after its answer, until it is killed. Round n: series n % 7 and n % 5 get the
 * value n, mostly at a new time, now and then at one an hour back; each 10th round is one of 500 series.
 */
import { join } from "node:path";
import { SAMPLES_FILE } from "../open-storage.ts";
import { SqliteMetricStore } from "../samples/sqlite-metric-store.ts";
import { batchOf, running, type Sample, T0 } from "./metric-store-contract.ts";

export function samplesOfRound(round: number): Sample[] {
  const at = T0 + round * 15_000 - (round % 13 === 0 ? 3_600_000 : 0);
  if (round % 10 === 0)
    return Array.from({ length: 500 }, (_, index): Sample => [running(`wide${index}`), at, round]);
  return [...new Set([round % 7, round % 5])].map((job): Sample => [running(`j${job}`), at, round]);
}

if (import.meta.main) {
  const [, , directory = "", firstRound = "0"] = process.argv;
  const store = new SqliteMetricStore({
    path: join(directory, SAMPLES_FILE),
    flush: { segments: 5, samples: 1500, ageMs: 5 },
  });
  await store.open();
  for (let round = Number(firstRound); ; round++) {
    await store.append([batchOf(samplesOfRound(round))]);
    process.stdout.write(`${round}\n`);
  }
}
