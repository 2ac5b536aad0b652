/** Looks up what judgements, incidents and slots point at: runs and slots in one query each, and the incidents. */
import type { LedgerStore } from "../../storage/ledger-store.ts";
import type { Pointers } from "./views/judgement-view.ts";

interface Pointing {
  runRowId: number | null;
  slotId?: number | null;
  incidentId?: number | null;
}

export async function loadPointers(store: LedgerStore, pointing: readonly Pointing[]): Promise<Pointers> {
  const runRowIds = new Set<number>();
  const slotIds = new Set<number>();
  const incidentIds = new Set<number>();
  for (const { runRowId, slotId, incidentId } of pointing) {
    if (runRowId !== null) runRowIds.add(runRowId);
    if (typeof slotId === "number") slotIds.add(slotId);
    // A job has one open incident at a time, so these are one or two.
    if (typeof incidentId === "number") incidentIds.add(incidentId);
  }
  const [runs, slots, incidents] = await Promise.all([
    runRowIds.size === 0 ? [] : store.getRuns([...runRowIds]),
    slotIds.size === 0 ? [] : store.getSlots([...slotIds]),
    Promise.all([...incidentIds].map((id) => store.getIncident(id))),
  ]);
  return {
    runIds: new Map(runs.map(({ run }) => [run.id, run.runId])),
    slotTimes: new Map(slots.map((slot) => [slot.id, slot.slotAt])),
    notifiedIncidents: new Set(incidents.flatMap((incident) => (incident?.notified ? [incident.id] : []))),
  };
}
