/** Joins the looks at several rows into one commit: one fsync for many deadlines that fall on the same second. */
import type { Look } from "../../storage/deadline-handler.ts";
import type { WatchCommit } from "../../storage/ledger-store.ts";

export function joinLooks(looks: readonly { deadlineId: number; look: Look }[]): WatchCommit {
  return {
    doneDeadlines: looks.flatMap(({ deadlineId, look }) => [deadlineId, ...(look.doneDeadlines ?? [])]),
    setDeadlines: looks.flatMap(({ look }) => look.setDeadlines ?? []),
    dropDeadlines: looks.flatMap(({ look }) => look.dropDeadlines ?? []),
    newSlots: looks.flatMap(({ look }) => look.newSlots ?? []),
    slotChanges: looks.flatMap(({ look }) => look.slotChanges ?? []),
    dropSlotsFrom: looks.flatMap(({ look }) => look.dropSlotsFrom ?? []),
    judgements: looks.flatMap(({ look }) => look.judgements ?? []),
    resolveJudgements: looks.flatMap(({ look }) => look.resolveJudgements ?? []),
    updateJudgements: looks.flatMap(({ look }) => look.updateJudgements ?? []),
    incidents: looks.flatMap(({ look }) => look.incidents ?? []),
  };
}
