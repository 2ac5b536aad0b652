/** Violations and detections as the API shows them. Pure. */
import { type FactType, type Judgement as JudgementView, SEVERITIES } from "@batchwatch/protocol";
import type { Judgement } from "../../../model/watch.ts";
import { instant, instantOrNull } from "./instants.ts";

/** What the ids in judgements and incidents point at. */
export interface Pointers {
  /** By row id. */
  runIds: ReadonlyMap<number, string>;
  slotTimes: ReadonlyMap<number, number>;
  /** Incidents that somebody was told of. */
  notifiedIncidents: ReadonlySet<number>;
}

export function judgementView(judgement: Judgement, pointers: Pointers): JudgementView {
  const slotAt = judgement.slotId === null ? null : (pointers.slotTimes.get(judgement.slotId) ?? null);
  return {
    id: String(judgement.id),
    class: judgement.class,
    type: judgement.type,
    severity: judgement.severity,
    state: judgement.state,
    at: instant(judgement.at),
    judgedAt: instant(judgement.judgedAt),
    resolvedAt: instantOrNull(judgement.resolvedAt),
    limit: judgement.limitText,
    value: judgement.valueText,
    explanation: judgement.explanation,
    resolution: judgement.resolution,
    notified:
      judgement.suppressedBecause === null &&
      judgement.incidentId !== null &&
      pointers.notifiedIncidents.has(judgement.incidentId),
    suppressedBecause: judgement.suppressedBecause,
    runId: judgement.runRowId === null ? null : (pointers.runIds.get(judgement.runRowId) ?? null),
    slotAt: instantOrNull(slotAt),
    incidentId: judgement.incidentId === null ? null : String(judgement.incidentId),
  };
}

/** Open before resolved, worse before better, earlier before later. */
export function byWorst(judgements: readonly Judgement[]): Judgement[] {
  return [...judgements].sort(
    (a, b) =>
      Number(a.state === "resolved") - Number(b.state === "resolved") ||
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      a.at - b.at ||
      a.id - b.id,
  );
}

export function openFactTypes(judgements: readonly Judgement[]): FactType[] {
  return [...new Set(byWorst(judgements.filter(isOpen)).map((judgement) => judgement.type))];
}

export function isOpen(judgement: Judgement): boolean {
  return judgement.state === "open";
}

/** "run failed", "no heartbeat": a type as words. */
export function factWords(type: FactType): string {
  return type.replaceAll("_", " ");
}
