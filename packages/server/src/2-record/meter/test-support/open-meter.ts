/**
 * A ledger, a meter and a sample store for tests: all real, in memory, on a clock that stands still until it is moved.
 * Deadlines are claimed and handled as the engine does it.
 */

import { ChangeFeed } from "../../../lib/change-feed.ts";
import { ManualClock } from "../../../lib/clock.ts";
import type { JobKey } from "../../../model/identity.ts";
import { EMPTY_BATCH } from "../../../model/intake.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import { SelfMetrics } from "../../../self-monitoring/self-metrics.ts";
import type { LedgerStore } from "../../../storage/ledger-store.ts";
import type { MetricStore } from "../../../storage/metric-store.ts";
import { createSqliteLedger, createSqliteSamples } from "../../../storage/open-storage.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { Meter, type MeterParts, WRITE_METER } from "../meter.ts";
import { increase } from "./increase.ts";

export const NIGHTLY: JobKey = { namespace: "default", environment: "", jobName: "nightly_load" };

export type Happening = Pick<RunEvent, "kind"> & Partial<RunEvent> & { runId?: string };

export interface StoredSeries {
  labels: Readonly<Record<string, string>>;
  times: Float64Array;
  values: Float64Array;
}

export interface MeterHouse extends AsyncDisposable {
  store: LedgerStore;
  samples: MetricStore;
  ledger: Ledger;
  clock: ManualClock;
  selfMetrics: SelfMetrics;
  meter: Meter;
  /** At the present time unless `at` says otherwise. */
  say(...events: readonly Happening[]): Promise<void>;
  /** The clock goes there and the meter writes what is due. */
  goTo(at: number | string): Promise<void>;
  /** A new meter over the same data, as after a restart. */
  restart(): Promise<void>;
  select(name: string, labels?: Readonly<Record<string, string>>): Promise<StoredSeries[]>;
  /** The one series. */
  series(name: string, labels?: Readonly<Record<string, string>>): Promise<StoredSeries>;
  /** Of all series together, rounded; 0 where there is none. */
  increased(
    name: string,
    labels: Readonly<Record<string, string>>,
    at: number,
    rangeMs: number,
  ): Promise<number>;
}

const LEASE_MS = 10_000;

export async function openMeter(
  start: string,
  parts: Partial<Pick<MeterParts, "samples" | "options">> & { path?: string } = {},
): Promise<MeterHouse> {
  const store = createSqliteLedger({ path: parts.path ?? ":memory:" });
  const samples = createSqliteSamples({ path: ":memory:" });
  await store.open();
  await samples.open();
  const clock = new ManualClock(Date.parse(start));
  const feed = new ChangeFeed();
  const ledger = new Ledger({ store, clock, feed });
  const selfMetrics = new SelfMetrics();
  const build = async (): Promise<Meter> => {
    const meter = new Meter({
      store,
      samples,
      clock,
      selfMetrics,
      ...parts,
      options: { graceMs: 0, ...parts.options },
    });
    await meter.start();
    return meter;
  };
  let eventCount = 0;
  const house: MeterHouse = {
    store,
    samples,
    ledger,
    clock,
    selfMetrics,
    meter: await build(),
    async say(...events) {
      await ledger.record([
        {
          ...EMPTY_BATCH,
          events: events.map(({ runId, ...rest }): RunEvent => {
            eventCount += 1;
            return {
              eventId: `event-${eventCount}`,
              job: NIGHTLY,
              run: { by: "id", runId: runId ?? "run-1" },
              aliases: [],
              at: clock.now(),
              withinMs: 0,
              receivedAt: clock.now(),
              witness: "api",
              ...rest,
            };
          }),
        },
      ]);
    },
    async goTo(at) {
      clock.set(typeof at === "string" ? Date.parse(at) : at);
      await runDue(store, house.meter, clock.now());
    },
    async restart() {
      house.meter = await build();
    },
    async select(name, labels = {}) {
      const found = await samples.select(
        [
          { name: "__name__", op: "=", value: name },
          ...Object.entries(labels).map(([label, value]) => ({ name: label, op: "=" as const, value })),
        ],
        0,
        Number.MAX_SAFE_INTEGER,
      );
      return found.map((series) => ({
        labels: Object.fromEntries(
          series.labels.names.map((label, index) => [label, series.labels.values[index] ?? ""]),
        ),
        times: series.times,
        values: series.values,
      }));
    },
    async series(name, labels) {
      const found = await house.select(name, labels);
      const [only] = found;
      if (only === undefined || found.length > 1) throw new Error(`${found.length} series of ${name}`);
      return only;
    },
    async increased(name, labels, at, rangeMs) {
      const found = await house.select(name, labels);
      return Math.round(found.reduce((sum, series) => sum + (increase(series, at, rangeMs) ?? 0), 0));
    },
    async [Symbol.asyncDispose]() {
      await samples.close();
      await store.close();
    },
  };
  return house;
}

async function runDue(store: LedgerStore, meter: Meter, now: number): Promise<void> {
  const handlers = new Map(meter.handlers().map((handler) => [handler.kind, handler]));
  for (let look = 0; look < 100; look++) {
    const [deadline] = await store.claimDeadlines([...handlers.keys()], now, 1, LEASE_MS);
    if (deadline === undefined) return;
    await handlers.get(deadline.kind)?.handle(deadline, now);
  }
  throw new Error(`${WRITE_METER} sets itself due for ever.`);
}
