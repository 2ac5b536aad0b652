/**
 * What a round came to, ready to be committed: each draft under its best name, projected, with the rows that hang on
 * it. Pure but for looking up whether a better name is a row already.
 */
import { factsOfName } from "../../model/facts-of-event.ts";
import type { RunAlias } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import { projectRun } from "../../model/project-run.ts";
import type { Run } from "../../model/run.ts";
import { mergeFacts, type RunFacts } from "../../model/run-facts.ts";
import type { LedgerCommit, RunWrite } from "../../storage/ledger-store.ts";
import type { DraftTable } from "./draft-table.ts";
import { isClosed, needsJudging } from "./needs-judging.ts";
import { idAlias } from "./resolve-events.ts";
import type { RunDraft } from "./run-draft.ts";

/** A run as it will stand after the commit; `ref` stands for its id until then. */
export interface WrittenRun {
  ref: number;
  job: Job;
  run: Omit<Run, "id">;
  facts: RunFacts;
  aliases: readonly RunAlias[];
  absorbed: readonly number[];
}

export type RunRows = Pick<
  LedgerCommit,
  "runs" | "events" | "aliases" | "merges" | "adopted" | "runDeadlines"
>;

/** Every draft stands under the name that its facts say is best; a row of that name takes the draft in. */
export async function nameDrafts(table: DraftTable): Promise<void> {
  for (;;) {
    const renamed = [...table.drafts()].filter((draft) => draft.touched && bestName(draft) !== draft.runId);
    if (renamed.length === 0) return;
    await table.loadKeys(renamed.map((draft) => ({ jobId: draft.job.id, runId: bestName(draft) })));
    for (const draft of renamed) {
      if (draft.mergedInto !== null) continue;
      const name = bestName(draft);
      if (name === draft.runId) continue;
      const other = table.byKey(draft.job.id, name);
      const row =
        other === null || other === draft ? table.create(draft.job, name, draft.firstReceivedAt) : other;
      if (row.runId === name) row.absorb(draft);
      else table.merge(row, draft);
    }
  }
}

function bestName(draft: RunDraft): string {
  return draft.facts.name?.runId ?? draft.runId;
}

export function roundResult(table: DraftTable, now: number): { rows: RunRows; written: WrittenRun[] } {
  const runs: RunWrite[] = [];
  const written: WrittenRun[] = [];
  const rows = {
    events: [] as { runRef: number; event: RunDraft["events"][number] }[],
    aliases: [] as { alias: RunAlias; runRef: number }[],
    merges: [] as { fromId: number; intoRef: number }[],
    adopted: [] as { eventId: string; runRef: number }[],
    runDeadlines: [] as { kind: string; runRef: number; jobId: number; dueAt: number }[],
  };
  for (const draft of table.drafts()) {
    if (!draft.touched) continue;
    const result = resultOf(draft);
    written.push(result);
    runs.push(writeOf(draft, result));
    // An absorbed row is written as well: whoever changed it meanwhile must win, and this round start over.
    for (const gone of draft.absorbed) {
      runs.push({
        ...writeOf(draft, result),
        id: gone.id,
        runId: gone.runId,
        facts: null,
        expectedVersion: gone.version,
      });
      rows.merges.push({ fromId: gone.id, intoRef: draft.ref });
    }
    for (const event of draft.events) rows.events.push({ runRef: draft.ref, event });
    for (const eventId of draft.adopted) rows.adopted.push({ eventId, runRef: draft.ref });
    for (const alias of result.aliases) rows.aliases.push({ alias, runRef: draft.ref });
    if (draft.absorbed.length > 0 || needsJudging(draft.stored, result.run, draft.job.settings))
      rows.runDeadlines.push({ kind: "judge_run", runRef: draft.ref, jobId: draft.job.id, dueAt: now });
  }
  return { rows: { runs, ...rows }, written };
}

function resultOf(draft: RunDraft): WrittenRun {
  const { settings } = draft.job;
  const view = projectRun(draft.facts, { maxAttempts: settings.maxAttempts, graceMs: settings.retryGraceMs });
  const aliases = new Set(draft.newAliases);
  for (const name of draft.names) if (name !== draft.runId) aliases.add(idAlias(draft.job.id, name));
  return {
    ref: draft.ref,
    job: draft.job,
    facts: draft.facts.name === null ? mergeFacts(draft.facts, factsOfName(draft.runId)) : draft.facts,
    aliases: [...aliases],
    absorbed: draft.absorbed.map((run) => run.id),
    run: {
      ...view,
      jobId: draft.job.id,
      runId: draft.runId,
      firstReceivedAt: draft.firstReceivedAt,
      slotId: draft.stored?.slotId ?? null,
      version: (draft.stored?.version ?? 0) + 1,
    },
  };
}

function writeOf(draft: RunDraft, { run, facts }: WrittenRun): RunWrite {
  const { jobId, runId, firstReceivedAt, slotId: _slot, version: _version, ...view } = run;
  return {
    id: draft.stored?.id ?? null,
    tempId: draft.ref,
    jobId,
    runId,
    view,
    facts: isClosed(view) ? null : facts,
    firstReceivedAt,
    expectedVersion: draft.stored?.version ?? null,
  };
}
