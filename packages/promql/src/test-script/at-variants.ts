/**
 * The same query with its time written into it: `@ <time>` at each selector and subquery that has none. Whenever it is
 * evaluated, it must give the same result. The time is put into the text, so that each place in an annotation can be
 * led back to the query as it was written.
 */
import type { AtModifier, Expr, Span } from "../parse/ast.ts";
import { childrenOf } from "../parse/children-of.ts";
import { parse } from "../parse/parse.ts";

export interface AtVariant {
  readonly query: string;
  readonly at: number;
  /** An annotation of the variant with the place that it has in the query as written. */
  toOriginal(annotation: string): string;
}

/** Calls whose result depends on the time of evaluation, whatever their selectors say. */
const TIME_DEPENDENT = new Set(
  (
    "days_in_month day_of_month day_of_week day_of_year hour minute month year predict_linear time timestamp " +
    "start end step range"
  ).split(" "),
);

const QUERY_DEPENDENT = new Set(["start", "end", "step", "range"]);

/** None for a query that does not parse, or whose result depends on when it is asked. */
export function atVariants(query: string, at: number): AtVariant[] {
  const edits: Edit[] = [];
  try {
    if (!collectEdits(parse(query), query, at, edits)) return [];
  } catch {
    return [];
  }
  edits.sort((a, b) => a.start - b.start);
  const text = applied(query, edits);
  const times = at === 0 ? [-1000, 0, 1000] : [-10 * at, 0, Math.trunc(at / 5), at, 10 * at];
  return times.map((time) => ({
    query: text,
    at: time,
    toOriginal: (annotation) => placedBack(annotation, edits),
  }));
}

/** Replaces `start` to `end` of the query; an insertion where they are equal. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** False when the query depends on the time of evaluation. */
function collectEdits(expr: Expr, query: string, at: number, edits: Edit[]): boolean {
  switch (expr.kind) {
    case "selector":
      addEdit(expr.at, expr.span, query, at, edits);
      return true;
    case "range":
      addEdit(expr.selector.at, expr.span, query, at, edits);
      return true;
    case "subquery":
      // What is inside is evaluated at the times of the subquery, which are fixed by this.
      addEdit(expr.at, expr.span, query, at, edits);
      return !callsAny(QUERY_DEPENDENT, expr.expr);
    case "call":
      if (TIME_DEPENDENT.has(expr.name)) return false;
      break;
    default:
      break;
  }
  return childrenOf(expr).every((child) => collectEdits(child, query, at, edits));
}

function callsAny(names: ReadonlySet<string>, expr: Expr): boolean {
  if (expr.kind === "call" && names.has(expr.name)) return true;
  return childrenOf(expr).some((child) => callsAny(names, child));
}

function addEdit(known: AtModifier | undefined, span: Span, query: string, at: number, edits: Edit[]): void {
  const text = `@ ${(at / 1000).toFixed(3)}`;
  if (known === undefined) edits.push({ start: span.end, end: span.end, text: ` ${text}` });
  else if (known.kind !== "time") {
    // The start and the end of an instant query are its time.
    const found = [...query.slice(span.start, span.end).matchAll(/@\s*(?:start|end)\s*\(\s*\)/gi)].at(-1);
    if (found !== undefined)
      edits.push({ start: span.start + found.index, end: span.start + found.index + found[0].length, text });
  }
}

function applied(query: string, edits: readonly Edit[]): string {
  let text = "";
  let at = 0;
  for (const { start, end, text: fresh } of edits) {
    text += query.slice(at, start) + fresh;
    at = end;
  }
  return text + query.slice(at);
}

/** Queries of scripts are one line, so a place is `(1:column)`. */
function placedBack(annotation: string, edits: readonly Edit[]): string {
  return annotation.replace(/\(1:(\d+)\)$/, (_, column: string) => {
    let place = Number(column) - 1;
    for (const { start, end, text } of edits)
      if (place > start) place = Math.max(start, place - (text.length - (end - start)));
    return `(1:${place + 1})`;
  });
}
