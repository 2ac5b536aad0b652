/**
 * The rows of the waterfall: steps and spans as one tree, parents before children, each by its start. Pure.
 * A step that came as a span is one row (its counts come from the step); spans that are no step are shown below theirs.
 */
import type { SpanView, Step } from "../../api/resources.ts";

export interface WaterfallRow {
  id: string;
  name: string;
  depth: number;
  isStep: boolean;
  attempt: number | null;
  startAt: number | null;
  /** Null = it is going on, or nobody said. */
  endAt: number | null;
  outcome: Step["outcome"];
  records: Record<string, number>;
  error: string | null;
}

interface Node extends Omit<WaterfallRow, "depth"> {
  parentId: string | null;
}

export function waterfallRows(steps: readonly Step[], spans: readonly SpanView[]): WaterfallRow[] {
  const nodes = new Map<string, Node>();
  for (const span of spans) nodes.set(span.spanId, spanNode(span));
  for (const step of steps) {
    const span = nodes.get(step.id);
    nodes.set(step.id, span ? mergeStep(span, step) : stepNode(step));
  }
  const children = new Map<string | null, Node[]>();
  for (const node of nodes.values()) {
    const parent = node.parentId !== null && nodes.has(node.parentId) ? node.parentId : null;
    children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const rows: WaterfallRow[] = [];
  const seen = new Set<string>();
  const visit = (parent: string | null, depth: number) => {
    for (const { parentId: _, ...row } of (children.get(parent) ?? []).sort(byStart)) {
      if (seen.has(row.id)) continue;
      seen.add(row.id);
      rows.push({ ...row, depth });
      visit(row.id, depth + 1);
    }
  };
  visit(null, 0);
  // A circle of parents has no root; its members are shown flat rather than lost.
  for (const { parentId: _, ...row } of nodes.values())
    if (!seen.has(row.id)) rows.push({ ...row, depth: 0 });
  return rows;
}

/** The stretch of time that all rows share; null where no row has a time. */
export function waterfallSpan(
  rows: readonly WaterfallRow[],
  nowAt: number,
): { fromAt: number; toAt: number } | null {
  const starts = rows.flatMap((row) => (row.startAt === null ? [] : [row.startAt]));
  if (starts.length === 0) return null;
  const ends = rows.flatMap((row) =>
    row.endAt !== null ? [row.endAt] : row.outcome === "running" ? [nowAt] : [],
  );
  const fromAt = Math.min(...starts);
  return { fromAt, toAt: Math.max(fromAt + 1, ...starts, ...ends) };
}

function spanNode(span: SpanView): Node {
  const startAt = Date.parse(span.startedAt);
  return {
    id: span.spanId,
    name: span.name.replace(/^batch_(job|step)\./, ""),
    parentId: span.parentSpanId,
    isStep: false,
    attempt: null,
    startAt,
    endAt: startAt + span.durationMs,
    outcome: span.status === "error" ? "failure" : "success",
    records: {},
    error: span.statusMessage,
  };
}

function stepNode(step: Step): Node {
  return {
    id: step.id,
    name: step.name,
    parentId: step.parentId,
    isStep: true,
    attempt: step.attempt,
    startAt: step.startedAt === null ? null : Date.parse(step.startedAt),
    endAt: step.endedAt === null ? null : Date.parse(step.endedAt),
    outcome: step.outcome,
    records: step.records,
    error: step.errorMessage ?? step.errorType,
  };
}

function mergeStep(span: Node, step: Step): Node {
  const own = stepNode(step);
  return {
    ...own,
    parentId: own.parentId ?? span.parentId,
    startAt: own.startAt ?? span.startAt,
    endAt: own.endAt ?? span.endAt,
    error: own.error ?? span.error,
  };
}

function byStart(one: Node, other: Node): number {
  return (one.startAt ?? Number.POSITIVE_INFINITY) - (other.startAt ?? Number.POSITIVE_INFINITY) || 0;
}
