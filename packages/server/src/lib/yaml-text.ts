/** YAML text with positions: what a path in it holds, and on which line it stands. */
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

export interface YamlText {
  value: unknown;
  /** Syntax errors, each as the end of a sentence; `value` is null when one makes the text unreadable. */
  errors: { line: number | null; message: string }[];
  /** The line (from 1) of the key at the path, or of the nearest thing above it that is in the text. */
  lineOf(path: readonly PropertyKey[]): number | null;
}

/** Reads one YAML document. Never throws: what is wrong is in `errors`. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const errors = document.errors.map(({ code, pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    message:
      code === "DUPLICATE_KEY"
        ? `says "${/^[^\s:]+/.exec(text.slice(pos[0]))?.[0] ?? "a name"}" a second time`
        : `is no valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
  }));
  // A name that stands twice does not hide what else is wrong.
  const isReadable = document.errors.every(({ code }) => code === "DUPLICATE_KEY");
  return {
    value: isReadable ? valueIn(document, errors) : null,
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
    const why = error instanceof Error ? error.message : String(error);
    errors.push({ line: null, message: `is no valid YAML: ${why}` });
    return null;
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? null) : null;
  for (const part of path) {
    if (isMap(node)) {
      // Of a name that stands twice the last counts.
      const pair = node.items.findLast(
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
