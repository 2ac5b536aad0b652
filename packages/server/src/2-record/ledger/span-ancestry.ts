/**
 * Which run does a step belong to whose parent is no span of ours? Programs put spans of their own between a run and its
 * steps (an HTTP call, a database session). The spans that are kept know their parents: walking up from the step's parent
 * leads to the nearest span that belongs to a run. Nothing is guessed: without the spans between, the step waits.
 */
import { type RunAlias, spanAlias, traceAlias } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { SpanRecord } from "../../model/telemetry.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { DraftTable } from "./draft-table.ts";
import type { RunDraft } from "./run-draft.ts";

/** Spans between a step and its run; more than this is a loop or no program that anybody wrote. */
const MOST_ANCESTORS = 64;

interface Ancestry {
  table: DraftTable;
  store: Pick<LedgerStore, "findOrphans" | "spanParents">;
  /** Of this round: they may be the missing link. */
  spans: readonly SpanRecord[];
}

export interface FoundStep {
  event: RunEvent;
  draft: RunDraft;
  wasStored: boolean;
}

/** @param waiting orphans of this round; stored ones of the same traces are looked up. */
export async function findByAncestry(
  waiting: readonly RunEvent[],
  { table, store, spans }: Ancestry,
): Promise<FoundStep[]> {
  const traceIds = new Set(spans.map((span) => span.traceId));
  for (const { run } of waiting) if (run.by === "span") traceIds.add(run.traceId);
  if (traceIds.size === 0) return [];
  const stored = await store.findOrphans([...traceIds].map(traceAlias));
  if (waiting.length + stored.length === 0) return [];
  const parents = new Map<RunAlias, RunAlias>();
  for (const span of [...(await store.spanParents([...traceIds])), ...spans])
    if (span.parentSpanId !== null)
      parents.set(spanAlias(span.traceId, span.spanId), spanAlias(span.traceId, span.parentSpanId));
  await table.loadAliases(new Set(parents.values()));
  const storedIds = new Set(stored.map((event) => event.eventId));
  const found: FoundStep[] = [];
  for (const event of [...waiting, ...stored]) {
    const draft = nearestRun(event, parents, table);
    if (draft !== null) found.push({ event, draft, wasStored: storedIds.has(event.eventId) });
  }
  return found;
}

function nearestRun(
  event: RunEvent,
  parents: ReadonlyMap<RunAlias, RunAlias>,
  table: DraftTable,
): RunDraft | null {
  if (event.run.by !== "span") return null;
  let alias: RunAlias | undefined = spanAlias(event.run.traceId, event.run.spanId);
  for (let steps = 0; alias !== undefined && steps < MOST_ANCESTORS; steps += 1) {
    const draft = table.byAlias(alias);
    if (draft !== null) return draft;
    alias = parents.get(alias);
  }
  return null;
}
