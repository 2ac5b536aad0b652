/**
 * Series by their labels, on the threads that read: for each label name and value the series that have it, in memory, kept
 * up with the tables by their growing ids. A series is named here by its slot (0, 1, …, in the order of ids).
 */
import {
  type CompiledMatcher,
  compileMatcher,
  type LabelMatcher,
  type Labels,
  sortedLabels,
} from "@batchwatch/promql";
import { cleanText } from "../../lib/clean-text.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { readCounter } from "./sample-schema.ts";

const ANSWERS_KEPT = 256;

interface SeriesRow {
  id: number;
  metric: number;
  labels: Uint8Array;
}

export class LabelIndex {
  #epoch = -1;
  #lastSeriesId = 0;
  #lastSymbolId = 0;
  readonly #texts = new Map<number, string>();
  readonly #symbols = new Map<string, number>();
  /** Name symbol → value symbol → slots, ascending. */
  readonly #postings = new Map<number, Map<number, number[]>>();
  readonly #pairs: Uint32Array[] = [];
  readonly #labels: (Labels | undefined)[] = [];
  readonly #ids: number[] = [];
  readonly #metrics: number[] = [];
  readonly #slotOfId = new Map<number, number>();
  /** What was asked since the series last changed. */
  readonly #answers = new Map<string, readonly number[]>();

  get size(): number {
    return this.#ids.length;
  }

  /** Takes in what is new. Inside a read transaction. */
  sync(connection: SqliteConnection): void {
    const epoch = readCounter(connection, "series_epoch");
    if (epoch !== this.#epoch) this.#clear();
    this.#epoch = epoch;
    const symbols = connection.execute("select id, text from symbols where id > ? order by id", [
      this.#lastSymbolId,
    ]).rows as { id: number; text: string }[];
    for (const { id, text } of symbols) {
      this.#texts.set(id, text);
      this.#symbols.set(text, id);
      this.#lastSymbolId = id;
    }
    const series = connection.execute("select id, metric, labels from series where id > ? order by id", [
      this.#lastSeriesId,
    ]).rows as unknown as SeriesRow[];
    if (series.length > 0) this.#answers.clear();
    for (const row of series) this.#add(row);
  }

  idOf(slot: number): number {
    return this.#ids[slot] ?? 0;
  }

  /** The symbol of the metric's name: blocks are ordered by it. */
  metricOf(slot: number): number {
    return this.#metrics[slot] ?? 0;
  }

  slotOfId(id: number): number | undefined {
    return this.#slotOfId.get(id);
  }

  labelsOf(slot: number): Labels {
    const known = this.#labels[slot];
    if (known !== undefined) return known;
    const pairs = this.#pairs[slot] ?? new Uint32Array(0);
    const names: string[] = [];
    const values: string[] = [];
    for (let index = 0; index < pairs.length; index += 2) {
      names.push(this.#texts.get(pairs[index] ?? 0) ?? "");
      values.push(this.#texts.get(pairs[index + 1] ?? 0) ?? "");
    }
    const labels = sortedLabels(names, values);
    this.#labels[slot] = labels;
    return labels;
  }

  /** Slots in the order of metric and id, as blocks have their series. @throws QueryError for an expression that is none */
  match(matchers: readonly LabelMatcher[]): readonly number[] {
    const key = JSON.stringify(matchers.map(({ name, op, value }) => [name, op, value]));
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const slots = this.#match(matchers);
    slots.sort((a, b) => this.metricOf(a) - this.metricOf(b) || a - b);
    if (this.#answers.size >= ANSWERS_KEPT) this.#answers.clear();
    this.#answers.set(key, slots);
    return slots;
  }

  /** Label names of these series. */
  namesOf(slots: Iterable<number>): string[] {
    const names = new Set<number>();
    for (const slot of slots) {
      const pairs = this.#pairs[slot] ?? [];
      for (let index = 0; index < pairs.length; index += 2) names.add(pairs[index] ?? 0);
    }
    return Array.from(names, (symbol) => this.#texts.get(symbol) ?? "");
  }

  /** Values that the label has in these series. */
  valuesOf(name: string, slots: Iterable<number>): string[] {
    const symbol = this.#symbols.get(cleanText(name)) ?? -1;
    const values = new Set<number>();
    for (const slot of slots) {
      const value = this.#valueOf(slot, symbol);
      if (value !== 0) values.add(value);
    }
    return Array.from(values, (value) => this.#texts.get(value) ?? "");
  }

  #match(matchers: readonly LabelMatcher[]): number[] {
    const compiled = matchers.map(({ name, op, value }) =>
      compileMatcher({ name: cleanText(name), op, value: cleanText(value) }),
    );
    // The matcher with the fewest series gives the candidates, the others are tested on them.
    let first: { matcher: CompiledMatcher; lists: readonly (readonly number[])[]; size: number } | null =
      null;
    for (const matcher of compiled) {
      if (matcher.matchesEmpty) continue;
      const lists = this.#listsOf(matcher);
      const size = lists.reduce((sum, list) => sum + list.length, 0);
      if (first === null || size < first.size) first = { matcher, lists, size };
    }
    const rest = compiled.filter((matcher) => matcher !== first?.matcher);
    const tests = rest.map((matcher) => this.#testOf(matcher));
    const slots: number[] = [];
    const take = (slot: number): void => {
      if (tests.every((test) => test(slot))) slots.push(slot);
    };
    if (first === null) for (let slot = 0; slot < this.#ids.length; slot++) take(slot);
    else for (const list of first.lists) for (const slot of list) take(slot);
    return slots;
  }

  /** A series has one value of a label, so the lists have no series in common. */
  #listsOf(matcher: CompiledMatcher): (readonly number[])[] {
    const byValue = this.#postings.get(this.#symbols.get(matcher.name) ?? -1);
    if (byValue === undefined) return [];
    const lists: (readonly number[])[] = [];
    if (matcher.values !== null) {
      for (const value of matcher.values) {
        const list = byValue.get(this.#symbols.get(value) ?? -1);
        if (list !== undefined) lists.push(list);
      }
      return lists;
    }
    for (const [value, list] of byValue) if (matcher.matches(this.#texts.get(value) ?? "")) lists.push(list);
    return lists;
  }

  #testOf(matcher: CompiledMatcher): (slot: number) => boolean {
    const name = this.#symbols.get(matcher.name) ?? -1;
    const known = new Map<number, boolean>([[0, matcher.matchesEmpty]]);
    return (slot) => {
      const value = this.#valueOf(slot, name);
      let matches = known.get(value);
      if (matches === undefined) {
        matches = matcher.matches(this.#texts.get(value) ?? "");
        known.set(value, matches);
      }
      return matches;
    };
  }

  /** 0 where the series has no such label: symbols begin with 1. */
  #valueOf(slot: number, name: number): number {
    const pairs = this.#pairs[slot];
    if (pairs === undefined) return 0;
    for (let index = 0; index < pairs.length; index += 2)
      if (pairs[index] === name) return pairs[index + 1] ?? 0;
    return 0;
  }

  #add({ id, metric, labels }: SeriesRow): void {
    const slot = this.#ids.length;
    const pairs = decodePairs(labels);
    this.#ids.push(id);
    this.#metrics.push(metric);
    this.#pairs.push(pairs);
    this.#slotOfId.set(id, slot);
    this.#lastSeriesId = id;
    for (let index = 0; index < pairs.length; index += 2) {
      const name = pairs[index] ?? 0;
      const value = pairs[index + 1] ?? 0;
      let byValue = this.#postings.get(name);
      if (byValue === undefined) {
        byValue = new Map();
        this.#postings.set(name, byValue);
      }
      const list = byValue.get(value);
      if (list === undefined) byValue.set(value, [slot]);
      else list.push(slot);
    }
  }

  #clear(): void {
    this.#lastSeriesId = 0;
    this.#lastSymbolId = 0;
    for (const map of [this.#texts, this.#symbols, this.#postings, this.#slotOfId, this.#answers])
      map.clear();
    for (const list of [this.#pairs, this.#labels, this.#ids, this.#metrics]) list.length = 0;
  }
}

/** Varints of symbols, of which there are fewer than 2^32. */
export function decodePairs(bytes: Uint8Array): Uint32Array {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count++;
  const pairs = new Uint32Array(count);
  let value = 0;
  let shift = 0;
  let index = 0;
  for (const byte of bytes) {
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte >= 0x80) continue;
    pairs[index++] = value;
    value = 0;
    shift = 0;
  }
  return pairs;
}
