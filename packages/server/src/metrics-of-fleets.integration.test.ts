/**
 * Any fleet of processes that count by themselves gives the totals that there really were: however many processes, one for each
 * run or long-lived ones that restart, increments or running totals, explicit or exponential buckets, exports every second or
 * minute, late and repeated ones, with spans or without, and runs that only a client tells of.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { exportsOfFleet, type Fleet, type FleetRun, runsOfFleet } from "./fleet-telemetry.fixture.ts";
import { openMetricHouse } from "./metric-house.fixture.ts";

const START = Date.parse("2026-03-02T00:00:00Z");
const MINUTE = 60_000;

const processes = fc.record({
  /** A process for each run, or one for all of them. */
  isPerRun: fc.boolean(),
  isDelta: fc.boolean(),
  isExponential: fc.boolean(),
  intervalMs: fc.constantFrom(1_000, 5_000, 15_000, 60_000),
  /** Restarted after so many runs. */
  restartsAfter: fc.integer({ min: 1, max: 4 }),
  runs: fc.array(
    fc.record({
      pauseMs: fc.integer({ min: 5_000, max: 10 * MINUTE }),
      durationMs: fc.integer({ min: 300, max: 4 * MINUTE }),
      isFailure: fc.boolean(),
      records: fc.integer({ min: 0, max: 5_000 }),
      waitMs: fc.integer({ min: 0, max: 20_000 }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

/** Of a job some of whose processes count and some send spans nobody can say which run was counted: all of them do the same. */
const job = fc
  .record({
    members: fc.array(processes, { minLength: 1, maxLength: 2 }),
    signals: fc.constantFrom("both", "metrics", "spans"),
  })
  .map(({ members, signals }) => members.map((member) => ({ ...member, signals })));

const fleets: fc.Arbitrary<Fleet> = fc.record({
  jobs: fc.array(job, { minLength: 1, maxLength: 2 }),
  /** Every so many exports one comes so late, or again; a run waits 150 s for its counters, an export interval included. */
  lateEvery: fc.integer({ min: 2, max: 9 }),
  lateMs: fc.integer({ min: 0, max: 60_000 }),
  repeatEvery: fc.integer({ min: 2, max: 9 }),
});

function sumBy(
  runs: readonly FleetRun[],
  key: (run: FleetRun) => string,
  amount: (run: FleetRun) => number,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const run of runs) if (amount(run) !== 0) sums[key(run)] = (sums[key(run)] ?? 0) + amount(run);
  return sums;
}

test("the totals of any fleet are the truth", { timeout: 280_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fleets, async (fleet) => {
      const runs = runsOfFleet(fleet, START);
      await using house = await openMetricHouse(START - MINUTE);
      for (const { signal, at, message } of exportsOfFleet(fleet, START)) {
        await house.goTo(Math.max(at, house.clock.now()));
        await house.receive(signal, message);
      }
      await house.goTo(house.clock.now() + 12 * MINUTE);
      const at = (await house.store.meterWrittenUntil()) ?? 0;
      const grown = async (query: string): Promise<Record<string, number>> => {
        const entries = [...(await house.vector(query, at))].map(
          ([key, value]) => [key, Math.round(value)] as const,
        );
        return Object.fromEntries(entries.filter(([, value]) => value !== 0));
      };
      const job = ({ jobName }: FleetRun): string => `job_name=${jobName}`;
      const { completions, duration, queueWait, recordsProcessed } = METRIC_NAMES;
      const total = (family: string, by: string): string => `sum by (${by}) (max_over_time(${family}[1d]))`;
      expect(await grown(total(completions, "job_name, status"))).toEqual(
        sumBy(
          runs,
          (run) => `${job(run)},status=${run.isFailure ? "failure" : "success"}`,
          () => 1,
        ),
      );
      // What extrapolates is a young series, at most by a step over its age.
      expect(await grown(`sum by (job_name) (increase(${completions}[1d]))`)).toEqual(
        sumBy(runs, job, () => 1),
      );
      expect(await grown(total(`${duration}_count`, "job_name"))).toEqual(sumBy(runs, job, () => 1));
      expect(await grown(total(`${duration}_bucket{le="+Inf"}`, "job_name"))).toEqual(
        sumBy(runs, job, () => 1),
      );
      expect(await grown(total(`${queueWait}_count`, "job_name"))).toEqual(
        sumBy(runs, job, ({ isCounted }) => (isCounted ? 1 : 0)),
      );
      expect(await grown(total(recordsProcessed, "job_name"))).toEqual(
        sumBy(runs, job, (run) => run.records),
      );
    }),
    {
      endOnFailure: true,
      numRuns: Number(process.env.FLEETS ?? 12),
      seed: Number(process.env.FLEET_SEED ?? 20_260_302),
    },
  );
});
