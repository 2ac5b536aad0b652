/**
 * YAML of rule files and rule tests, read strictly: an unknown field is a mistake, a scalar is the text that was written
 * (`for: 0`, `severity: 1`), and each problem has its line.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from "yaml";

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

export type YamlNode = Node | ParsedNode | null;

export interface YamlFields {
  readonly line: number;
  /** The value of a field; undefined where it is missing or empty. */
  get(name: string): YamlNode | undefined;
  lineOf(name: string): number;
}

/** More than anything a person writes; an alias that expands to more is an attack. */
const MAX_ALIAS_DEPTH = 20;

export class YamlReader {
  readonly problems: YamlProblem[] = [];
  readonly root: YamlNode;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.#document = document;
    for (const error of document.errors)
      this.complain(this.#lineAt(error.pos[0]), `no valid YAML: ${error.message}`);
    this.root = document.errors.length > 0 ? null : this.#resolved(document.contents);
  }

  complain(line: number, message: string): void {
    this.problems.push({ line, message });
  }

  lineOf(node: YamlNode | undefined): number {
    return this.#lineAt(node?.range?.[0] ?? 0);
  }

  /** The fields of a mapping; complains about those that are not known. */
  fields(
    node: YamlNode | undefined,
    what: string,
    known: readonly string[],
    line: number,
  ): YamlFields | null {
    const pairs = this.#pairs(node, what, line);
    if (pairs === null) return null;
    for (const [name, { line: at }] of pairs)
      if (!known.includes(name))
        this.complain(at, `field ${name} is not known in ${what}; known: ${known.join(", ")}`);
    return {
      line,
      get: (name) => pairs.get(name)?.value,
      lineOf: (name) => pairs.get(name)?.line ?? line,
    };
  }

  /** A mapping of texts, as labels are. */
  texts(fields: YamlFields, name: string): [string, string, number][] {
    const node = fields.get(name);
    if (node === undefined) return [];
    const pairs = this.#pairs(node, name, fields.lineOf(name)) ?? [];
    return [...pairs].map(([key, { value, line }]) => [key, this.#scalar(value, key, line) ?? "", line]);
  }

  /** The text of a scalar field; undefined where it is missing or empty. */
  text(fields: YamlFields, name: string): string | undefined {
    const node = fields.get(name);
    return node === undefined ? undefined : this.#scalar(node, name, fields.lineOf(name));
  }

  items(fields: YamlFields, name: string): YamlNode[] {
    const node = fields.get(name);
    if (node === undefined) return [];
    if (isSeq(node)) return node.items.map((item) => this.#resolved(item as YamlNode));
    this.complain(fields.lineOf(name), `${name} must be a list`);
    return [];
  }

  /** The text of an item of a list. */
  itemText(node: YamlNode, what: string): string | undefined {
    return this.#scalar(node, what, this.lineOf(node));
  }

  #pairs(
    node: YamlNode | undefined,
    what: string,
    line: number,
  ): Map<string, { value: YamlNode | undefined; line: number }> | null {
    if (!isMap(node)) {
      this.complain(line, `${what} must be a mapping`);
      return null;
    }
    const pairs = new Map<string, { value: YamlNode | undefined; line: number }>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.source ?? key.value);
      const resolved = this.#resolved(value as YamlNode);
      if (name === "<<") {
        for (const [inner, pair] of this.#pairs(resolved, what, this.lineOf(key)) ?? [])
          if (!pairs.has(inner)) pairs.set(inner, pair);
        continue;
      }
      const isEmpty = resolved === null || (isScalar(resolved) && resolved.value === null);
      pairs.set(name, { value: isEmpty ? undefined : resolved, line: this.lineOf(key) });
    }
    return pairs;
  }

  #scalar(node: YamlNode | undefined, what: string, line: number): string | undefined {
    if (node === undefined || node === null) return undefined;
    if (!isScalar(node)) {
      this.complain(line, `${what} must be a text`);
      return undefined;
    }
    if (node.value === null) return undefined;
    return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  }

  #resolved(node: YamlNode | undefined): YamlNode {
    let found: YamlNode = node ?? null;
    for (let depth = 0; isAlias(found); depth++) {
      if (depth > MAX_ALIAS_DEPTH) return null;
      found = found.resolve(this.#document) ?? null;
    }
    return found;
  }

  #lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }
}
