/** What senders said of metric families (type, help, unit): the last word holds. Few and small, so kept in memory too. */
import { cleanText } from "../../lib/clean-text.ts";
import type { MetricFamily } from "../../model/samples.ts";
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";

/** A sender whose names run wild fills this and nothing else. */
const MAX_FAMILIES = 20_000;
const MAX_HELP_LENGTH = 2000;

export class FamilyTable {
  readonly #families = new Map<string, MetricFamily>();
  /** What the transaction under way replaced. */
  #before: (readonly [string, MetricFamily | undefined])[] = [];

  load(connection: SqliteConnection): void {
    this.#families.clear();
    const { rows } = connection.execute("select family, type, help, unit from families", []);
    for (const family of rows as MetricFamily[]) this.#families.set(family.family, { ...family });
  }

  /** Inside a write transaction. */
  write(connection: SqliteConnection, families: readonly MetricFamily[]): void {
    for (const given of families) {
      const family = cleanFamily(given);
      const known = this.#families.get(family.family);
      if (known === undefined ? this.#families.size >= MAX_FAMILIES : isSame(known, family)) continue;
      connection.execute(
        `insert into families (family, type, help, unit) values (?, ?, ?, ?)
         on conflict (family) do update set type = excluded.type, help = excluded.help, unit = excluded.unit`,
        [family.family, family.type, family.help, family.unit],
      );
      this.#before.push([family.family, known]);
      this.#families.set(family.family, family);
    }
  }

  settle(): void {
    this.#before = [];
  }

  rollback(): void {
    for (const [name, before] of this.#before.toReversed())
      if (before === undefined) this.#families.delete(name);
      else this.#families.set(name, before);
    this.#before = [];
  }

  /** In the order of names. */
  list(family: string | undefined): MetricFamily[] {
    if (family === undefined)
      return [...this.#families.values()].sort((a, b) => (a.family < b.family ? -1 : 1));
    const known = this.#families.get(cleanText(family));
    return known === undefined ? [] : [known];
  }
}

function cleanFamily({ family, type, help, unit }: MetricFamily): MetricFamily {
  return {
    family: cleanText(family),
    type,
    help: cleanText(help.slice(0, MAX_HELP_LENGTH)),
    unit: cleanText(unit),
  };
}

function isSame(a: MetricFamily, b: MetricFamily): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit;
}
