/**
 * Batchwatch's own metrics: for each stage how often, how long, what failed, what waits; and named counters.
 * Rendered on `GET /metrics` in Prometheus's text format with the prefix `batchwatch_`.
 */

/** Seconds. Chosen for work between 0.1 ms and 10 s. */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface StageMeter {
  /** One piece of work done; `items` of it (events, rows, bytes are not items). */
  done(durationMs: number, items?: number): void;
  failed(code: string): void;
  /** How much waits right now. */
  backlog(count: number): void;
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
  readonly #counters = new Map<string, { help: string; values: Map<string, number> }>();
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
    const { values } = this.#counters.get(name) ?? { values: new Map<string, number>() };
    this.#counters.set(name, { help, values });
    const key = renderLabels(labels);
    return (by = 1) => {
      values.set(key, (values.get(key) ?? 0) + by);
    };
  }

  /** `batchwatch_<name>`, read when rendered. */
  gauge(name: string, help: string, read: () => number): void {
    this.#gauges.set(name, { help, read });
  }

  render(): string {
    const lines: string[] = [];
    const stages = [...this.#stages].sort(([a], [b]) => (a < b ? -1 : 1));
    lines.push("# HELP batchwatch_stage_duration_seconds Time one piece of work of a stage takes.");
    lines.push("# TYPE batchwatch_stage_duration_seconds histogram");
    for (const [name, state] of stages) {
      const stage = escapeLabel(name);
      let cumulative = 0;
      BUCKETS.forEach((bound, index) => {
        cumulative += state.buckets[index] ?? 0;
        lines.push(`batchwatch_stage_duration_seconds_bucket{stage="${stage}",le="${bound}"} ${cumulative}`);
      });
      lines.push(`batchwatch_stage_duration_seconds_bucket{stage="${stage}",le="+Inf"} ${state.count}`);
      lines.push(`batchwatch_stage_duration_seconds_sum{stage="${stage}"} ${state.sumSeconds}`);
      lines.push(`batchwatch_stage_duration_seconds_count{stage="${stage}"} ${state.count}`);
    }
    lines.push("# HELP batchwatch_stage_items_total Items handled by a stage.");
    lines.push("# TYPE batchwatch_stage_items_total counter");
    for (const [name, state] of stages)
      lines.push(`batchwatch_stage_items_total{stage="${escapeLabel(name)}"} ${state.items}`);
    lines.push("# HELP batchwatch_stage_errors_total Failures of a stage, by code.");
    lines.push("# TYPE batchwatch_stage_errors_total counter");
    for (const [name, state] of stages)
      for (const [code, count] of state.errors)
        lines.push(
          `batchwatch_stage_errors_total{stage="${escapeLabel(name)}",code="${escapeLabel(code)}"} ${count}`,
        );
    lines.push("# HELP batchwatch_stage_backlog Work that waits for a stage.");
    lines.push("# TYPE batchwatch_stage_backlog gauge");
    for (const [name, state] of stages)
      lines.push(`batchwatch_stage_backlog{stage="${escapeLabel(name)}"} ${state.backlog}`);
    for (const [name, counter] of this.#counters) {
      lines.push(
        `# HELP batchwatch_${name}_total ${counter.help}`,
        `# TYPE batchwatch_${name}_total counter`,
      );
      for (const [labels, value] of counter.values) lines.push(`batchwatch_${name}_total${labels} ${value}`);
    }
    for (const [name, gauge] of this.#gauges)
      lines.push(
        `# HELP batchwatch_${name} ${gauge.help}`,
        `# TYPE batchwatch_${name} gauge`,
        `batchwatch_${name} ${gauge.read()}`,
      );
    return `${lines.join("\n")}\n`;
  }
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
