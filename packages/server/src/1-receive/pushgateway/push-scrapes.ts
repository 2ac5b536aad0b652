/**
 * Groups → samples, every scrape interval while they live, as a Prometheus that scrapes a Pushgateway would have them. A
 * deadline of its own; a series that was pushed no more ends with a stale marker. Unlike a Pushgateway's, a group can expire.
 */
import { labelsOf, setStale } from "@batchwatch/promql";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import type { PushedFamily, PushGroup } from "../../model/push-group.ts";
import { KnownSeries, type MetricFamily, type SampleBatch } from "../../model/samples.ts";
import type { Deadline, NewDeadline } from "../../model/watch.ts";
import type { DeadlineHandler } from "../../storage/deadline-handler.ts";
import type { PushGroups } from "./push-groups.ts";

export const SCRAPE_PUSHES = "scrape_pushes";
const EVERY_MS = 15_000;
const HELP = {
  push_time_seconds: "Last Unix time when this group was changed in the Pushgateway.",
  push_failure_time_seconds: "Last Unix time when changing this group in the Pushgateway failed.",
} as const;

export interface PushScrapesParts {
  groups: PushGroups;
  intake: Intake;
  /** Since its last push; null = never. */
  expireAfterMs: number | null;
}

export function scrapeDeadline(dueAt: number): NewDeadline {
  return { kind: SCRAPE_PUSHES, subject: "pushgateway", jobId: null, dueAt };
}

export function createPushScrapes({ groups, intake, expireAfterMs }: PushScrapesParts): DeadlineHandler {
  let known = new Map<string, { series: KnownSeries; namespace: string }>();
  return {
    kind: SCRAPE_PUSHES,
    async handle(_deadline: Deadline, now: number) {
      if (expireAfterMs !== null) await groups.expire(now - expireAfterMs);
      const at = Math.floor(now / EVERY_MS) * EVERY_MS;
      const scraped = new Map<string, { series: KnownSeries; namespace: string }>();
      const byNamespace = new Map<string, Scrape>();
      for (const group of await groups.all()) {
        const scrape = byNamespace.get(group.namespace) ?? new Scrape(at);
        byNamespace.set(group.namespace, scrape);
        for (const { key, pairs, value } of samplesOf(group)) {
          const series = known.get(key)?.series ?? new KnownSeries(labelsOf(pairs));
          scraped.set(key, { series, namespace: group.namespace });
          scrape.add(series, value);
        }
        scrape.describe(group.families);
      }
      for (const [key, { series, namespace }] of known) {
        if (scraped.has(key)) continue;
        const scrape = byNamespace.get(namespace) ?? new Scrape(at);
        byNamespace.set(namespace, scrape);
        scrape.end(series);
      }
      for (const [namespace, scrape] of byNamespace)
        await intake.submit({
          ...EMPTY_BATCH,
          samples: { ...scrape.batch(), namespace },
          sizeBytes: scrape.length * 20,
        });
      known = scraped;
      return { setDeadlines: [scrapeDeadline(at + EVERY_MS)] };
    },
  };
}

function samplesOf(group: PushGroup): { key: string; pairs: [string, string][]; value: number }[] {
  const own = (name: keyof typeof HELP, at: number) => sample(group, name, group.labels, at / 1000);
  return [
    ...group.families.flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => sample(group, name, labels, Number(value))),
    ),
    own("push_time_seconds", group.pushedAt),
    own("push_failure_time_seconds", group.failedAt),
  ];
}

function sample(
  { key, namespace }: PushGroup,
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): { key: string; pairs: [string, string][]; value: number } {
  const ofNamespace = namespace === "default" ? {} : { namespace };
  const all = { ...ofNamespace, ...labels, __name__: name };
  return { key: `${key} ${JSON.stringify(all)}`, pairs: Object.entries(all), value };
}

class Scrape {
  readonly #at: number;
  readonly #series: KnownSeries[] = [];
  readonly #values: number[] = [];
  readonly #stale: number[] = [];
  readonly #families = new Map<string, MetricFamily>();

  constructor(at: number) {
    this.#at = at;
    for (const [family, help] of Object.entries(HELP))
      this.#families.set(family, { family, type: "gauge", help, unit: "" });
  }

  get length(): number {
    return this.#series.length;
  }

  add(series: KnownSeries, value: number): void {
    this.#series.push(series);
    this.#values.push(value);
  }

  end(series: KnownSeries): void {
    this.#stale.push(this.#series.length);
    this.add(series, Number.NaN);
  }

  describe(families: readonly PushedFamily[]): void {
    for (const { name, type, help } of families)
      if (!this.#families.has(name))
        this.#families.set(name, {
          family: name,
          type: type === "untyped" ? "unknown" : type,
          help,
          unit: "",
        });
  }

  batch(): SampleBatch {
    const values = Float64Array.from(this.#values);
    for (const index of this.#stale) setStale(values, index);
    return {
      series: this.#series,
      seriesIndex: Uint32Array.from(this.#series, (_, index) => index),
      times: new Float64Array(this.#series.length).fill(this.#at),
      values,
      families: [...this.#families.values()],
    };
  }
}
