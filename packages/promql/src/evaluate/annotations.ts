/** Warnings and infos of a query, each once, with the place in the query that caused them. */
import { shortFloatText } from "../go-format/float-text.ts";
import { quote } from "../go-format/quoted-text.ts";
import type { Span } from "../parse/ast.ts";
import { placeText } from "../parse/place.ts";

/** Bucket counts that had to be raised, gathered over all steps that one place in the query saw. */
interface ForcedMonotonicity {
  readonly span: Span;
  readonly metricName: string;
  leastBound: number;
  greatestBound: number;
  greatestDecrease: number;
  count: number;
  firstAt: number;
  lastAt: number;
}

export class Annotations {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();
  readonly #monotonicity = new Map<string, ForcedMonotonicity>();

  constructor(query: string) {
    this.#query = query;
  }

  warn(span: Span, message: string): void {
    this.#warnings.add(`PromQL warning: ${message} (${placeText(this.#query, span.start)})`);
  }

  info(span: Span, message: string): void {
    this.#infos.add(`PromQL info: ${message} (${placeText(this.#query, span.start)})`);
  }

  invalidQuantile(quantile: number, span: Span): void {
    if (quantile >= 0 && quantile <= 1) return;
    this.warn(span, `quantile value should be between 0 and 1, got ${shortFloatText(quantile)}`);
  }

  badBucketLabel(metricName: string, label: string, span: Span): void {
    const metric = metricName === "" ? "" : ` for metric name ${quote(metricName)}`;
    this.warn(span, `bucket label "le" is missing or has a malformed value of ${quote(label)}${metric}`);
  }

  possibleNonCounter(metricName: string, span: Span): void {
    if (metricName === "" || /_(?:total|sum|count|bucket)$/.test(metricName)) return;
    this.info(
      span,
      `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${quote(metricName)}`,
    );
  }

  forcedMonotonicity(
    span: Span,
    metricName: string,
    at: number,
    fix: { readonly leastBound: number; readonly greatestBound: number; readonly greatestDecrease: number },
  ): void {
    const key = `${span.start} ${metricName}`;
    const known = this.#monotonicity.get(key);
    if (known === undefined) {
      this.#monotonicity.set(key, { span, metricName, ...fix, count: 1, firstAt: at, lastAt: at });
      return;
    }
    known.leastBound = Math.min(known.leastBound, fix.leastBound);
    known.greatestBound = Math.max(known.greatestBound, fix.greatestBound);
    known.greatestDecrease = Math.max(known.greatestDecrease, fix.greatestDecrease);
    known.count += 1;
    known.firstAt = Math.min(known.firstAt, at);
    known.lastAt = Math.max(known.lastAt, at);
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  get infos(): readonly string[] {
    return [
      ...this.#infos,
      ...[...this.#monotonicity.values()].map((entry) => this.#monotonicityText(entry)),
    ];
  }

  #monotonicityText(entry: ForcedMonotonicity): string {
    const metric = entry.metricName === "" ? "" : ` for metric name ${quote(entry.metricName)}`;
    const bounds = `from buckets ${shortFloatText(entry.leastBound)} to ${shortFloatText(entry.greatestBound)}`;
    const decrease = `with a max diff of ${shortFloatText(Number(entry.greatestDecrease.toPrecision(2)))}`;
    const times = `from ${timeText(entry.firstAt)} to ${timeText(entry.lastAt)}`;
    return (
      "PromQL info: input to histogram_quantile needed to be fixed for monotonicity " +
      `(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${metric}, ` +
      `${bounds}, ${decrease}, over ${entry.count} samples ${times} (${placeText(this.#query, entry.span.start)})`
    );
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.?0*Z$/, "Z");
}
