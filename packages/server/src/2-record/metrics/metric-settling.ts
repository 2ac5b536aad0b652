/**
 * The handler of `settle_metrics` deadlines (subject `job:<id>`): settles the job's evidence that is due and hands what comes of it
 * to the intake, like any witness. Each step is harmless when repeated: ids come from the evidence.
 */
import type { RunAlias } from "../../model/identity.ts";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { Deadline } from "../../model/watch.ts";
import type { DeadlineHandler } from "../../storage/deadline-handler.ts";
import type { LedgerCommit, LedgerStore, MetricEvidence } from "../../storage/ledger-store.ts";
import { type EvidenceState, readEvidence } from "./metric-evidence.ts";
import { settleEvidence } from "./settle-evidence.ts";
import { settleTask } from "./settle-task.ts";
import { intervalMs, LOOK_AGAIN_AFTER_MS, SETTLE_METRICS } from "./settle-times.ts";

const RUNS_LOOKED_AT = 200;
const EVIDENCE_PER_LOOK = 200;

export interface MetricSettlingParts {
  store: LedgerStore;
  intake: Intake;
}

export function createMetricSettling({ store, intake }: MetricSettlingParts): DeadlineHandler {
  return {
    kind: SETTLE_METRICS,
    async handle(deadline: Deadline, now: number) {
      const { jobId } = deadline;
      if (jobId === null) return {};
      const due = await store.dueEvidence(jobId, now, EVIDENCE_PER_LOOK);
      for (const evidence of due) await settle(store, intake, evidence, now);
      const next = await store.nextEvidenceAt(jobId);
      if (next === null) return {};
      return { setDeadlines: [{ kind: SETTLE_METRICS, subject: deadline.subject, jobId, dueAt: next }] };
    },
  };
}

async function settle(
  store: LedgerStore,
  intake: Intake,
  evidence: MetricEvidence,
  now: number,
): Promise<void> {
  const state = readEvidence(evidence.state);
  const runs = await runsAround(store, evidence.jobId, state);
  if (state.taskId !== null) {
    const events = settleTask(evidence.evidenceId, state, runs, now);
    if (events !== null) await hand(intake, events);
    await keep(store, evidence, state, events === null, now);
    return;
  }
  const settled = settleEvidence({
    evidenceId: evidence.evidenceId,
    state,
    runs,
    byAlias: await runsByAlias(store, state),
    claimed: await claimedByOthers(store, evidence, state),
    now,
  });
  if (settled.events.length > 0 || settled.links.length > 0)
    await intake.submit({ ...EMPTY_BATCH, events: settled.events, links: settled.links });
  await keep(store, evidence, settled.state, settled.state.anonymous.length > 0, now);
}

async function hand(intake: Intake, events: readonly RunEvent[]): Promise<void> {
  if (events.length > 0) await intake.submit({ ...EMPTY_BATCH, events });
}

/** Keeps what was decided; evidence that may still change is looked at again, ever more rarely, then no more. */
async function keep(
  store: LedgerStore,
  evidence: MetricEvidence,
  state: EvidenceState,
  isOpen: boolean,
  now: number,
): Promise<void> {
  const looks = state.looks ?? 0;
  const wait = LOOK_AGAIN_AFTER_MS[looks];
  const { evidenceId, jobId, at } = evidence;
  const again = isOpen && wait !== undefined;
  const write = {
    evidenceId,
    jobId,
    at,
    settleAt: again ? now + wait : evidence.settleAt,
    state: JSON.stringify({ ...state, looks: looks + 1 }),
  };
  await store.commit({ ...EMPTY_LEDGER_COMMIT, metricEvidence: [write] });
  if (!again) await store.markEvidenceSettled([evidenceId]);
}

const EMPTY_LEDGER_COMMIT: LedgerCommit = {
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

async function runsAround(store: LedgerStore, jobId: number, state: EvidenceState): Promise<Run[]> {
  const to = state.at + intervalMs(state);
  const page = await store.listRuns({ jobId, to }, "-startedAt", { limit: RUNS_LOOKED_AT, cursor: null });
  const byId = new Map(page.items.map((run) => [run.id, run]));
  for (const run of await store.listOpenRuns(jobId)) byId.set(run.id, run);
  return [...byId.values()];
}

/** A trace stands for a run only where it holds exactly one. */
async function runsByAlias(store: LedgerStore, state: EvidenceState): Promise<Map<RunAlias, Run>> {
  const sightings = [
    ...state.starts,
    ...state.ends.flatMap((ended) => ended.sightings),
    ...Object.values(state.durations).flatMap((timing) => timing.sightings),
  ];
  const aliases = new Set<RunAlias>();
  for (const { span, trace } of sightings) {
    if (span !== null) aliases.add(span);
    if (trace !== null) aliases.add(trace);
  }
  const byAlias = new Map<RunAlias, Run>();
  if (aliases.size === 0) return byAlias;
  const found = await store.findByAliases([...aliases]);
  const runs = new Map(
    (await store.getRuns([...new Set(found.map(({ runRowId }) => runRowId))])).map(({ run }) => [
      run.id,
      run,
    ]),
  );
  for (const { alias, runRowId } of found) {
    const run = runs.get(runRowId);
    const isUnique = found.filter((other) => other.alias === alias).length === 1;
    if (run !== undefined && isUnique) byAlias.set(alias, run);
  }
  return byAlias;
}

async function claimedByOthers(
  store: LedgerStore,
  evidence: MetricEvidence,
  state: EvidenceState,
): Promise<Set<string>> {
  const around = 2 * intervalMs(state);
  const others = await store.metricEvidence(evidence.jobId, state.fromAt - around, state.at + around);
  const claimed = new Set<string>();
  for (const other of others)
    if (other.evidenceId !== evidence.evidenceId)
      for (const runId of readEvidence(other.state).explainedBy) claimed.add(runId);
  return claimed;
}
