/**
 * Batchwatch's own metrics: for each stage how often, how long, what failed, what waits; and named counters.
 * Rendered on `GET /metrics` in Prometheus's text format with the prefix `batchwatch_`.
 */

import { renderExposition } from "../lib/exposition-text.ts";
import type { ExposedFamily } from "../model/exposition.ts";
import type { HistogramValue } from "../model/meter.ts";

/** Seconds. Chosen for work between 0.1 ms and 10 s. */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface StageMeter {
  /** One piece of work done; `items` of it (events, rows, bytes are not items). */
  done(durationMs: number, items?: number): void;
  failed(code: string): void;
  /** How much waits right now. */
  backlog(count: number): void;
}

interface Counted {
  labels: Readonly<Record<string, string>>;
  value: number;
}

interface StageState {
  buckets: number[];
  sumSeconds: number;
  count: number;
  items: number;
  errors: Map<string, number>;
  backlog: number;
}

export class SelfMetrics {
  readonly #stages = new Map<string, StageState>();
  readonly #counters = new Map<string, { help: string; values: Map<string, Counted> }>();
  readonly #gauges = new Map<string, { help: string; read: () => number }>();

  /** Stages are named after the flow: receive_otlp, intake, ledger, watch, alert, notify_webhook, api, … */
  stage(name: string): StageMeter {
    const state = this.#stages.get(name) ?? {
      buckets: BUCKETS.map(() => 0),
      sumSeconds: 0,
      count: 0,
      items: 0,
      errors: new Map<string, number>(),
      backlog: 0,
    };
    this.#stages.set(name, state);
    return {
      done(durationMs, items = 1) {
        const seconds = durationMs / 1000;
        const index = BUCKETS.findIndex((bound) => seconds <= bound);
        if (index >= 0) state.buckets[index] = (state.buckets[index] ?? 0) + 1;
        state.sumSeconds += seconds;
        state.count += 1;
        state.items += items;
      },
      failed(code) {
        state.errors.set(code, (state.errors.get(code) ?? 0) + 1);
      },
      backlog(count) {
        state.backlog = count;
      },
    };
  }

  /** Adds to `batchwatch_<name>_total{labels}`. */
  count(name: string, help: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    this.counter(name, help, labels)(by);
  }

  /** The same for what is counted often: answers the function that adds. */
  counter(name: string, help: string, labels: Readonly<Record<string, string>> = {}): (by?: number) => void {
    const { values } = this.#counters.get(name) ?? { values: new Map<string, Counted>() };
    this.#counters.set(name, { help, values });
    const key = JSON.stringify(labels);
    return (by = 1) => {
      const counted = values.get(key);
      if (counted === undefined) values.set(key, { labels, value: by });
      else counted.value += by;
    };
  }

  /** `batchwatch_<name>`, read when rendered. */
  gauge(name: string, help: string, read: () => number): void {
    this.#gauges.set(name, { help, read });
  }

  /** As they stand now. */
  collect(): ExposedFamily[] {
    const stages = [...this.#stages].sort(([a], [b]) => (a < b ? -1 : 1));
    const ofStage = (read: (state: StageState) => number) =>
      stages.map(([stage, state]) => ({ labels: { stage }, value: read(state) }));
    return [
      {
        name: "batchwatch_stage_duration_seconds",
        type: "histogram",
        help: "Time one piece of work of a stage takes.",
        points: stages.map(([stage, state]) => ({ labels: { stage }, value: durationsOf(state) })),
      },
      {
        name: "batchwatch_stage_items_total",
        type: "counter",
        help: "Items handled by a stage.",
        points: ofStage((state) => state.items),
      },
      {
        name: "batchwatch_stage_errors_total",
        type: "counter",
        help: "Failures of a stage, by code.",
        points: stages.flatMap(([stage, { errors }]) =>
          [...errors].map(([code, value]) => ({ labels: { stage, code }, value })),
        ),
      },
      {
        name: "batchwatch_stage_backlog",
        type: "gauge",
        help: "Work that waits for a stage.",
        points: ofStage((state) => state.backlog),
      },
      ...[...this.#counters].map(
        ([name, { help, values }]): ExposedFamily => ({
          name: `batchwatch_${name}_total`,
          type: "counter",
          help,
          points: [...values.values()].map(({ labels, value }) => ({ labels, value })),
        }),
      ),
      ...[...this.#gauges].map(
        ([name, { help, read }]): ExposedFamily => ({
          name: `batchwatch_${name}`,
          type: "gauge",
          help,
          points: [{ labels: {}, value: read() }],
        }),
      ),
    ];
  }

  render(): string {
    return renderExposition(this.collect(), "text");
  }
}

/** Counts at or below each bound. */
function durationsOf({ buckets, count, sumSeconds }: StageState): HistogramValue {
  let below = 0;
  return {
    bounds: BUCKETS,
    below: buckets.map((inside) => {
      below += inside;
      return below;
    }),
    count,
    sum: sumSeconds,
  };
}
