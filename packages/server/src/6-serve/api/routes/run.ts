/** `GET /api/runs/{runId}`: one run from end to end. */
import { runDetailSchema, runPathSchema, runQuerySchema } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { Run } from "../../../model/run.ts";
import type { LedgerStore } from "../../../storage/ledger-store.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { problemReplies } from "../api-error.ts";
import { findRun } from "../find-run.ts";
import { loadPointers } from "../load-pointers.ts";
import { runDetail } from "../views/run-detail-view.ts";

export function registerRun(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get(
    "/api/runs/:runId",
    {
      schema: {
        tags: ["runs"],
        summary: "A run with its attempts, steps, witnesses, violations and deadlines",
        params: runPathSchema,
        querystring: runQuerySchema,
        response: { 200: runDetailSchema, ...problemReplies(400, 404, 409) },
      },
    },
    async ({ params, query }) => {
      const { run, job } = await findRun(store, params.runId, query);
      return loadRunDetail(store, run, job, clock.now());
    },
  );
}

async function loadRunDetail(store: LedgerStore, run: Run, job: Job, now: number) {
  const slotSubject = run.slotId === null ? null : `slot:${run.slotId}`;
  const subjects = slotSubject === null ? [`run:${run.id}`] : [`run:${run.id}`, slotSubject];
  const [ofRuns, ofSlot, slot, deadlines, neighbours] = await Promise.all([
    store.judgementsOfRuns([run.id]),
    slotSubject === null ? [] : store.judgementsOfSubject(slotSubject),
    run.slotId === null ? null : store.getSlot(run.slotId),
    store.deadlinesFor(subjects),
    store.neighbours(run),
  ]);
  // A judgement of the slot may name the run as well: once is enough.
  const judgements = [
    ...new Map([...(ofRuns.get(run.id) ?? []), ...ofSlot].map((one) => [one.id, one])).values(),
  ];
  const pointers = await loadPointers(store, [...judgements, ...(slot === null ? [] : [slot])]);
  return runDetail({ job, run, judgements, slot, deadlines, neighbours, pointers, now });
}
