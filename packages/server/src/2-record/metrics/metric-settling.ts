/**
 * The handler of `settle_metrics` deadlines (subject `job:<id>`): settles the job's evidence that is due and hands what comes of it
 * to the intake, like any witness. Each step is harmless when repeated: ids come from the evidence.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { RunAlias } from "../../model/identity.ts";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import type { Run } from "../../model/run.ts";
import type { Deadline } from "../../model/watch.ts";
import type { DeadlineHandler } from "../../storage/deadline-handler.ts";
import type { LedgerCommit, LedgerStore, MetricEvidence } from "../../storage/ledger-store.ts";
import { counted, type EvidenceState, endsOf, partsOf, readEvidence } from "./metric-evidence.ts";
import { settleEvidence } from "./settle-evidence.ts";
import { settleTask } from "./settle-task.ts";
import { intervalMs, LOOK_AGAIN_AFTER_MS, SETTLE_METRICS } from "./settle-times.ts";

const RUNS_LOOKED_AT = 200;
const EVIDENCE_PER_LOOK = 200;
/** How far back a process's counts are looked for. */
const COUNTED_BEFORE_MS = 24 * 3_600_000;
const LONGEST_DAG_MS = 24 * 3_600_000;

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
      const { runs = [], tasks = [] } = Object.groupBy(due, (evidence) =>
        readEvidence(evidence.state).taskId === null ? "runs" : "tasks",
      );
      for (const evidence of runs) await settleRuns(store, intake, evidence, now);
      for (const evidence of await withTasksOf(store, runs, tasks))
        await settleSteps(store, intake, evidence, now);
      const next = await store.nextEvidenceAt(jobId);
      if (next === null) return {};
      return { setDeadlines: [{ kind: SETTLE_METRICS, subject: deadline.subject, jobId, dueAt: next }] };
    },
  };
}

async function settleRuns(
  store: LedgerStore,
  intake: Intake,
  evidence: MetricEvidence,
  now: number,
): Promise<void> {
  const state = readEvidence(evidence.state);
  const around = await evidenceAround(store, evidence, state);
  const settled = settleEvidence({
    evidenceId: evidence.evidenceId,
    state,
    runs: await runsAround(store, evidence.jobId, state),
    byAlias: await runsByAlias(store, state),
    claimed: new Set(around.flatMap((other) => other.explainedBy)),
    records: recordsSince(around, state),
    now,
  });
  if (settled.events.length > 0 || settled.links.length > 0)
    await intake.submit({ ...EMPTY_BATCH, events: settled.events, links: settled.links });
  await keep(store, evidence, settled.state, settled.state.anonymous.length > 0, now);
}

async function settleSteps(
  store: LedgerStore,
  intake: Intake,
  evidence: MetricEvidence,
  now: number,
): Promise<void> {
  const state = readEvidence(evidence.state);
  const events = settleTask(evidence.evidenceId, state, await runsAround(store, evidence.jobId, state), now);
  if (events !== null && events.length > 0) await intake.submit({ ...EMPTY_BATCH, events });
  await keep(store, evidence, state, events === null, now);
}

/** An Airflow DAG's end makes the run that its tasks were waiting for: they are looked at now. */
async function withTasksOf(
  store: LedgerStore,
  runs: readonly MetricEvidence[],
  due: readonly MetricEvidence[],
): Promise<MetricEvidence[]> {
  const tasks = new Map(due.map((evidence) => [evidence.evidenceId, evidence]));
  const isDag = runs.filter(({ state }) => isOfDag(readEvidence(state)));
  for (const { jobId, at } of isDag)
    for (const other of await store.metricEvidence(jobId, at - LONGEST_DAG_MS, at))
      if (!other.settled && readEvidence(other.state).taskId !== null) tasks.set(other.evidenceId, other);
  return [...tasks.values()];
}

/** Keeps what was decided; evidence that may still change is looked at again, ever more rarely, then no more. */
async function keep(
  store: LedgerStore,
  evidence: MetricEvidence,
  state: EvidenceState,
  isOpen: boolean,
  now: number,
): Promise<void> {
  const { looks } = state;
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
  const aliases = new Set<RunAlias>();
  for (const { span, trace } of Object.values(state.parts).flatMap((part) => part.sightings)) {
    if (span !== null) aliases.add(span);
    if (trace !== null) aliases.add(trace);
  }
  const byAlias = new Map<RunAlias, Run>();
  if (aliases.size === 0) return byAlias;
  const found = await store.findByAliases([...aliases]);
  const stored = await store.getRuns([...new Set(found.map(({ runRowId }) => runRowId))]);
  const runs = new Map(stored.map(({ run }) => [run.id, run]));
  for (const { alias, runRowId } of found) {
    const run = runs.get(runRowId);
    const isUnique = found.filter((other) => other.alias === alias).length === 1;
    if (run !== undefined && isUnique) byAlias.set(alias, run);
  }
  return byAlias;
}

/** Other evidence of the job, oldest first: what explains it explains nothing else, and what its process counted before. */
async function evidenceAround(
  store: LedgerStore,
  evidence: MetricEvidence,
  state: EvidenceState,
): Promise<EvidenceState[]> {
  const after = 2 * intervalMs(state);
  const others = await store.metricEvidence(evidence.jobId, state.at - COUNTED_BEFORE_MS, state.at + after);
  return others.flatMap((other) =>
    other.evidenceId === evidence.evidenceId ? [] : readEvidence(other.state),
  );
}

/**
 * What the process counted since the end of its run before: the records of the one run that ended (INGEST 5.4 rule 8). null where
 * two of its runs were under way at once.
 */
function recordsSince(
  around: readonly EvidenceState[],
  state: EvidenceState,
): { processed: number | null; failed: number | null } {
  const own = around.filter(
    (other) => other.instanceId === state.instanceId && other.taskId === null && other.at < state.at,
  );
  const lastEnd = own.findLastIndex((other) => endsOf(other).length > 0);
  const since = [...own.slice(lastEnd + 1), state];
  if (since.some((each) => partsOf(each.parts, METRIC_NAMES.running).some(({ level }) => level > 1)))
    return { processed: null, failed: null };
  const sum = (family: string): number | null => {
    const counts = since.flatMap((each) => counted(each, family) ?? []);
    return counts.length === 0 ? null : counts.reduce((total, count) => total + count, 0);
  };
  return { processed: sum(METRIC_NAMES.recordsProcessed), failed: sum(METRIC_NAMES.recordsFailed) };
}

function isOfDag(state: EvidenceState): boolean {
  return state.taskId === null && endsOf(state).length > 0;
}
