/**
 * Everything that data passes on its way from an OTLP request to a PromQL answer, on a clock that stands still until it is
 * moved: receiver, intake, ledger, watch, meter, metric store. Time passes from one due deadline to the next.
 */
import type { QueryAnswer } from "@batchwatch/promql";
import { createOtlpReceiver, type ReceiveOtlp } from "./1-receive/otlp/receive-otlp.ts";
import type { OtlpSignal } from "./1-receive/otlp/wire/otlp-types.ts";
import { createIntake, type RunningIntake } from "./2-record/intake.ts";
import { Ledger } from "./2-record/ledger/ledger.ts";
import { Meter, WRITE_METER } from "./2-record/meter/meter.ts";
import { createMetricSettling } from "./2-record/metrics/metric-settling.ts";
import { createMetricRecorder } from "./2-record/metrics/record-metrics.ts";
import { SETTLE_METRICS } from "./2-record/metrics/settle-times.ts";
import { createWatch } from "./3-watch/create-watch.ts";
import { RUN_DEADLINE_KINDS } from "./3-watch/detectors/detector.ts";
import { ChangeFeed } from "./lib/change-feed.ts";
import { ManualClock } from "./lib/clock.ts";
import { EMPTY_BATCH } from "./model/intake.ts";
import { SelfMetrics } from "./self-monitoring/self-metrics.ts";
import type { LedgerStore } from "./storage/ledger-store.ts";
import type { MetricStore } from "./storage/metric-store.ts";
import { createSqliteLedger, createSqliteSamples } from "./storage/open-storage.ts";

const KINDS = [
  "judge_run",
  "judge_run_again",
  "fill_slots",
  "fold_incident",
  "slot_late",
  "slot_start_by",
  "slot_complete_by",
  ...RUN_DEADLINE_KINDS,
  SETTLE_METRICS,
  WRITE_METER,
];
/** A day of ticks, and everything else that is due in it. */
const MOST_STEPS = 20_000;

export interface MetricHouse extends AsyncDisposable {
  store: LedgerStore;
  samples: MetricStore;
  clock: ManualClock;
  intake: RunningIntake;
  meter: Meter;
  receive(signal: OtlpSignal, json: object | Buffer): Promise<void>;
  goTo(at: number): Promise<void>;
  query(query: string, at?: number): Promise<QueryAnswer>;
  /** Value by labels (without the name), of an instant query. */
  vector(query: string, at?: number): Promise<Map<string, number>>;
}

export async function openMetricHouse(startAt: number): Promise<MetricHouse> {
  const store = createSqliteLedger({ path: ":memory:" });
  const samples = createSqliteSamples({ path: ":memory:" });
  await store.open();
  await samples.open();
  const clock = new ManualClock(startAt);
  const [feed, selfMetrics] = [new ChangeFeed(), new SelfMetrics()];
  const fail = (detail: object): never => {
    throw (detail as { err: unknown }).err;
  };
  const recorder = createMetricRecorder(store, clock);
  const ledger = new Ledger({ store, clock, feed });
  const log = { warn: fail, error: fail };
  const intake = createIntake({ ledger, samples, metrics: recorder, clock, log, selfMetrics });
  const meter = new Meter({ store, samples, clock, selfMetrics, told: recorder.running });
  const watch = createWatch({
    store,
    clock,
    feed,
    selfMetrics,
    log,
    options: { catchUpGraceMs: 0 },
    say: async (event) => {
      await intake.submit({ ...EMPTY_BATCH, events: [event] });
    },
  });
  watch.engine.register(createMetricSettling({ store, intake }), ...meter.handlers(), {
    kind: "fold_incident",
    handle: () => Promise.resolve({}),
  });
  const receive: ReceiveOtlp = createOtlpReceiver({ intake, clock, selfMetrics });
  await watch.begin();
  await meter.start();

  const query = (text: string, at = clock.now()): Promise<QueryAnswer> => samples.queryInstant(text, at);
  return {
    store,
    samples,
    clock,
    intake,
    meter,
    query,
    async receive(signal, json) {
      const body = Buffer.isBuffer(json) ? json : Buffer.from(JSON.stringify(json));
      await receive(signal, body, "json", null);
    },
    async goTo(at) {
      for (let step = 0; step < MOST_STEPS; step++) {
        await watch.engine.runDue(clock.now());
        const nextAt = await store.nextDeadlineAt(KINDS);
        if (nextAt === null || nextAt > at) break;
        clock.set(Math.max(clock.now(), nextAt));
      }
      clock.set(at);
      await watch.engine.runDue(at);
    },
    async vector(text, at) {
      const { value } = await query(text, at);
      if (value.kind !== "vector") throw new Error(`${text} gives a ${value.kind}`);
      return new Map(
        value.samples.map(({ labels, value: number }) => [
          labels.names
            .map((name, index) => `${name}=${labels.values[index]}`)
            .filter((pair) => !pair.startsWith("__name__="))
            .join(","),
          number,
        ]),
      );
    },
    async [Symbol.asyncDispose]() {
      await watch.stop();
      await intake.close();
      await samples.close();
      await store.close();
    },
  };
}
