/**
 * The metric families of a job's own telemetry (DESIGN section 4). The server re-accumulates them, so that a process that
 * exports once and ends is still right. Run ids stand on the two gauges alone, and these only while a run is open.
 */
import { METRIC_NAMES } from "@batchwatch/protocol/names";
import {
  type Attributes,
  type Counter,
  type Gauge,
  type Histogram,
  type MeterProvider,
  metrics,
  type ObservableResult,
  type UpDownCounter,
} from "@opentelemetry/api";
import { isBeatenElsewhere } from "../run/hub.ts";
import { SCOPE_NAME, SDK_VERSION } from "../version.ts";

/** Upper bounds in seconds, from a second to two days: those of Batchwatch's own histograms. */
export const DURATION_BOUNDS: readonly number[] = [
  1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800,
  43200, 86400, 172800,
];

export interface Instruments {
  duration: Histogram;
  execution: Histogram;
  queueWait: Histogram;
  running: UpDownCounter;
  recordsProcessed: Counter;
  recordsFailed: Counter;
  completions: Counter;
  retries: Counter;
  deadLetters: Counter;
  cpuSeconds: Counter;
  peakMemory: Gauge;
  lastSuccess: Gauge;
}

/** A run that is open, as the two gauges see it. */
export interface GaugedRun {
  gaugeAttributes(): Attributes;
  beatenAt(): number;
  /** Records a second since the last asking; null: nothing is counted. */
  progressRate(): number | null;
}

const gauged = new Set<GaugedRun>();
let made: { provider: MeterProvider; instruments: Instruments } | null = null;

/** Those of the meter provider that is registered now: one may be registered after this package is loaded. */
export function instruments(): Instruments {
  const provider = metrics.getMeterProvider();
  if (made?.provider !== provider) made = { provider, instruments: makeInstruments(provider) };
  return made.instruments;
}

export function gaugeRun(run: GaugedRun): void {
  gauged.add(run);
}

export function ungaugeRun(run: GaugedRun): void {
  gauged.delete(run);
}

function makeInstruments(provider: MeterProvider): Instruments {
  const meter = provider.getMeter(SCOPE_NAME, SDK_VERSION);
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: [...DURATION_BOUNDS] } };
  const N = METRIC_NAMES;
  const gaugeEach = (observe: (run: GaugedRun) => number | null) => (result: ObservableResult) => {
    if (isBeatenElsewhere()) return;
    for (const run of gauged) {
      const value = observe(run);
      if (value !== null) result.observe(value, run.gaugeAttributes());
    }
  };
  meter
    .createObservableGauge(N.heartbeat, { description: "When a run under way last said that it lives." })
    .addCallback(gaugeEach((run) => run.beatenAt() / 1000));
  meter
    .createObservableGauge(N.progressRate, { description: "Records a second of a run under way." })
    .addCallback(gaugeEach((run) => run.progressRate()));
  return {
    duration: meter.createHistogram(N.duration, {
      ...seconds,
      description: "First start of a run to its end.",
    }),
    execution: meter.createHistogram(N.execution, { ...seconds, description: "Attempts of a run together." }),
    queueWait: meter.createHistogram(N.queueWait, {
      ...seconds,
      description: "Queueing to the first start.",
    }),
    running: meter.createUpDownCounter(N.running, { description: "Runs under way." }),
    recordsProcessed: meter.createCounter(N.recordsProcessed, {
      description: "Records that runs processed.",
    }),
    recordsFailed: meter.createCounter(N.recordsFailed, { description: "Records that failed." }),
    completions: meter.createCounter(N.completions, { description: "Runs that ended, by how." }),
    retries: meter.createCounter(N.retries, { description: "Attempts after the first of a run." }),
    deadLetters: meter.createCounter(N.deadLetters, { description: "Runs whose retries are exhausted." }),
    cpuSeconds: meter.createCounter(N.cpuSeconds, { description: "CPU time of ended runs." }),
    peakMemory: meter.createGauge(N.peakMemory, { description: "Peak memory of the run that ended last." }),
    lastSuccess: meter.createGauge(N.lastSuccess, {
      description: "When a run last ended well, unix seconds.",
    }),
  };
}
