/** Looks up what judgements, incidents and slots point at, in two queries however many there are. */
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { Pointers } from "./views/judgement-view.ts";

interface Pointing {
  runRowId: number | null;
  slotId?: number | null;
}

export async function loadPointers(store: LedgerStore, pointing: readonly Pointing[]): Promise<Pointers> {
  const runRowIds = new Set<number>();
  const slotIds = new Set<number>();
  for (const { runRowId, slotId } of pointing) {
    if (runRowId !== null) runRowIds.add(runRowId);
    if (typeof slotId === "number") slotIds.add(slotId);
  }
  const [runs, slots] = await Promise.all([
    runRowIds.size === 0 ? [] : store.getRuns([...runRowIds]),
    slotIds.size === 0 ? [] : store.getSlots([...slotIds]),
  ]);
  return {
    runIds: new Map(runs.map(({ run }) => [run.id, run.runId])),
    slotTimes: new Map(slots.map((slot) => [slot.id, slot.slotAt])),
  };
}
