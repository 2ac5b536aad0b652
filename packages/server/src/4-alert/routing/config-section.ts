/**
 * A section of a configuration file while it is read: its value, its path, and where problems go. Each `read…` answers the
 * value or null, and notes what is wrong with the path of the key, so that all problems of a file come at once.
 */
import { parseDuration } from "@batchwatch/promql/go-format/duration-text";
import { isObject, unknownKeyMessage } from "@batchwatch/protocol";

export interface SectionProblem {
  path: readonly PropertyKey[];
  /** The end of a sentence that begins with the field. */
  message: string;
}

export class ConfigSection {
  readonly path: readonly PropertyKey[];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #problems: SectionProblem[];

  /** Anything but names and values is a problem; nothing at all is an empty section. */
  constructor(value: unknown, path: readonly PropertyKey[], problems: SectionProblem[]) {
    this.path = path;
    this.#problems = problems;
    this.#values = isObject(value) ? value : {};
    if (!isObject(value) && value !== null && value !== undefined) this.note("must hold names and values");
  }

  note(message: string, ...at: readonly PropertyKey[]): void {
    this.#problems.push({ path: [...this.path, ...at], message });
  }

  /** A key with nothing after it says nothing. */
  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  value(key: string): unknown {
    return this.#values[key];
  }

  /** Notes every key that is not `known`; `refused` has those that are known elsewhere, and why not here. */
  allow(known: readonly string[], refused: Readonly<Record<string, string>> = {}): void {
    for (const key of this.keys()) {
      if (known.includes(key)) continue;
      this.note(refused[key] ?? unknownKeyMessage(key, known), key);
    }
  }

  text(key: string): string | null {
    if (!this.has(key)) return null;
    const text = scalarText(this.#values[key]);
    if (text === null) this.note("must be text", key);
    return text;
  }

  boolean(key: string): boolean | null {
    if (!this.has(key)) return null;
    const value = this.#values[key];
    if (typeof value === "boolean") return value;
    this.note("must be true or false", key);
    return null;
  }

  /** Milliseconds. */
  duration(key: string): number | null {
    const text = this.text(key);
    if (text === null) return null;
    const ms = parseDuration(text);
    if (typeof ms === "number") return ms;
    this.note(`must be a length of time such as 30s, 5m or 1h30m, not ${JSON.stringify(text)}`, key);
    return null;
  }

  texts(key: string): string[] {
    return this.#items(key).flatMap((item, index) => {
      const text = scalarText(item);
      if (text === null) this.note("must be text", key, index);
      return text === null ? [] : [text];
    });
  }

  section(key: string): ConfigSection {
    return new ConfigSection(this.#values[key], [...this.path, key], this.#problems);
  }

  sections(key: string): ConfigSection[] {
    return this.#items(key).map(
      (item, index) => new ConfigSection(item, [...this.path, key, index], this.#problems),
    );
  }

  /** Names and texts, such as `match`. */
  pairs(key: string): [string, string][] {
    const section = this.section(key);
    return section.keys().flatMap((name) => {
      const text = section.has(name) ? section.text(name) : "";
      return text === null ? [] : [[name, text] as [string, string]];
    });
  }

  #items(key: string): readonly unknown[] {
    if (!this.has(key)) return [];
    const value = this.#values[key];
    if (Array.isArray(value)) return value;
    this.note("must be a list", key);
    return [];
  }
}

/** YAML reads 500 and true as what they look like; here they are text. */
function scalarText(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "boolean" || Number.isInteger(value) ? String(value) : null;
}
