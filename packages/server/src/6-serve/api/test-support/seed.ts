/** Puts whole rows into a store by its own verbs. */
import type { JobSettings } from "@batchwatch/protocol";
import type { Job } from "../../../model/job.ts";
import type { Run, RunView } from "../../../model/run.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import type { LogRecord, SpanRecord } from "../../../model/telemetry.ts";
import type { Judgement, NewJudgement } from "../../../model/watch.ts";
import {
  EMPTY_WATCH_COMMIT,
  type IncidentWrite,
  type LedgerCommit,
  type LedgerStore,
} from "../../../storage/ledger-store.ts";
import { judgementRow, NOW, runRow } from "./rows.ts";

export const EMPTY_COMMIT: LedgerCommit = {
  runs: [],
  events: [],
  aliases: [],
  merges: [],
  adopted: [],
  spans: [],
  logs: [],
  deadlines: [],
  runDeadlines: [],
  metricStreams: [],
  metricEvidence: [],
};

export async function seedJob(
  store: LedgerStore,
  jobName: string,
  settings: Partial<JobSettings> = {},
  key: { namespace?: string; environment?: string } = {},
): Promise<Job> {
  const [job] = await store.ensureJobs([
    { namespace: "default", environment: "", jobName, ...key, createdBy: "inferred", at: NOW - 86_400_000 },
  ]);
  if (job === undefined) throw new Error("no job");
  return Object.keys(settings).length === 0 ? job : store.setJobSettings(job.id, "code", settings, NOW);
}

/** Answers the row id. */
export async function seedRun(
  store: LedgerStore,
  job: Job,
  change: Partial<Run>,
  more: { events?: readonly RunEvent[]; logs?: readonly LogRecord[]; spans?: readonly SpanRecord[] } = {},
): Promise<number> {
  const { id: _, jobId: __, runId, firstReceivedAt, slotId: ___, version: ____, ...view } = runRow(change);
  const ids = await store.commit({
    ...EMPTY_COMMIT,
    runs: [
      {
        id: null,
        tempId: -1,
        jobId: job.id,
        runId,
        view: view satisfies RunView,
        facts: null,
        firstReceivedAt,
        expectedVersion: null,
      },
    ],
    events: (more.events ?? []).map((event) => ({ runRef: -1, event })),
    logs: (more.logs ?? []).map((log) => ({ runRef: -1, log })),
    spans: more.spans ?? [],
  });
  return ids.get(-1) ?? 0;
}

/** Answers the row as stored. */
export async function seedJudgement(
  store: LedgerStore,
  job: Job,
  change: Partial<Judgement> & { subject: string },
): Promise<Judgement> {
  const {
    id: _,
    state: __,
    resolvedAt: ___,
    resolution: ____,
    incidentId: _____,
    ...judgement
  } = judgementRow({
    runRowId: null,
    ...change,
    jobId: job.id,
  });
  await store.commitWatch({ ...EMPTY_WATCH_COMMIT, judgements: [judgement satisfies NewJudgement] });
  const stored = (await store.judgementsOfSubject(change.subject)).find((one) => one.type === judgement.type);
  if (stored === undefined) throw new Error("no judgement");
  return stored;
}

/** Answers the incident's id. */
export async function seedIncident(
  store: LedgerStore,
  job: Job,
  facts: readonly Judgement[],
  change: Partial<IncidentWrite["incident"]> = {},
  more: Partial<Pick<IncidentWrite, "entries" | "deliveries">> = {},
): Promise<number> {
  const before = new Set(
    (await store.listIncidents({ jobId: job.id }, { limit: 100, cursor: null })).items.map(({ id }) => id),
  );
  const [worst] = facts;
  await store.commitWatch({
    ...EMPTY_WATCH_COMMIT,
    incidents: [
      {
        id: null,
        incident: {
          jobId: job.id,
          state: "open",
          severity: worst?.severity ?? "critical",
          alertName: "BatchRunFailed",
          title: `${job.jobName}: run failed`,
          openedAt: NOW - 60_000,
          resolvedAt: null,
          resolution: null,
          runRowId: worst?.runRowId ?? null,
          slotId: worst?.slotId ?? null,
          labels: { alertname: "BatchRunFailed", job_name: job.jobName },
          annotations: { summary: "It failed" },
          notified: true,
          ...change,
        },
        judgementIds: facts.map(({ id }) => id),
        entries: more.entries ?? [],
        deliveries: more.deliveries ?? [],
      },
    ],
  });
  const after = (await store.listIncidents({ jobId: job.id }, { limit: 100, cursor: null })).items;
  return after.find(({ id }) => !before.has(id))?.id ?? 0;
}
