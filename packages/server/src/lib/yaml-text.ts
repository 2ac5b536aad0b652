/** YAML text with positions: what a path in it holds, and on which line it stands. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

export interface YamlText {
  value: unknown;
  /** Syntax errors; `value` is null when there are any. */
  errors: { line: number | null; message: string }[];
  /** The line (from 1) of the key at the path, or of the nearest thing above it that is in the text. */
  lineOf(path: readonly PropertyKey[]): number | null;
}

/** Reads one YAML document. Never throws: what is wrong is in `errors`. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const errors = document.errors.map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: error.message,
  }));
  return {
    value: errors.length > 0 ? null : valueIn(document, errors),
    errors,
    lineOf: (path) => {
      const offset = offsetOf(document, path);
      return offset === null ? null : lines.linePos(offset).line;
    },
  };
}

/** `toJS` throws on aliases that expand without end ("billion laughs"); one that holds itself is found here. */
function valueIn(document: Document, errors: YamlText["errors"]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isCyclic(value)) throw new Error("an alias holds itself");
    return value;
  } catch (error) {
    errors.push({ line: null, message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? null) : null;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function isCyclic(value: unknown, above: readonly object[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return above.includes(value) || Object.values(value).some((inner) => isCyclic(inner, [...above, value]));
}
