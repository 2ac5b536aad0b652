/**
 * The MetricRecorder: points → what is committed with the round (events, links, stream states, evidence), and a
 * `settle_metrics` deadline for each job that has evidence to look at. Reads the stored states; keeps none of its own.
 */
import type { Clock } from "../../lib/clock.ts";
import { type JobKey, jobKeyText } from "../../model/identity.ts";
import type { MetricPoint } from "../../model/samples.ts";
import type { LedgerStore, MetricEvidence, MetricEvidenceWrite } from "../../storage/ledger-store.ts";
import type { NativeIncrementWrite } from "../../storage/meter-store.ts";
import { type MetricRecorder, NO_METRIC_FACTS } from "../metric-recorder.ts";
import { addPart, type Contribution, collectEvidence } from "./collect-evidence.ts";
import { type EvidenceState, isWorthKeeping, readEvidence, saysOfRuns } from "./metric-evidence.ts";
import type { NativeDraft } from "./native-drafts.ts";
import { NativeRunning } from "./native-running.ts";
import { SETTLE_METRICS, settleAt } from "./settle-times.ts";

export interface RunningMetricRecorder extends MetricRecorder {
  /** What processes say is so now. */
  readonly running: NativeRunning;
}

type RecorderStore = Pick<LedgerStore, "metricStreams" | "metricEvidence" | "ensureJobs">;

export function createMetricRecorder(store: RecorderStore, clock: Clock): RunningMetricRecorder {
  const running = new NativeRunning();
  return {
    running,
    async record(points: readonly MetricPoint[]) {
      if (points.length === 0) return NO_METRIC_FACTS;
      const stored = await store.metricStreams([...new Set(points.map((point) => point.streamId))]);
      const collected = collectEvidence(points, stored);
      for (const { point, job } of collected.running) running.tell(point, job);
      const now = clock.now();
      const written = await mergeEvidence(store, collected.contributions, now);
      return {
        events: collected.events,
        links: collected.links,
        metricStreams: [...collected.streams].map(([streamId, { state, updatedAt }]) => ({
          streamId,
          updatedAt,
          state: JSON.stringify(state),
        })),
        nativeIncrements: await nativeWrites(store, collected.native, now),
        metricEvidence: written.map(({ write }) => write),
        deadlines: written
          .filter(({ state }) => saysOfRuns(state))
          .map(({ write: { jobId, settleAt: dueAt } }) => ({
            kind: SETTLE_METRICS,
            subject: `job:${jobId}`,
            jobId,
            dueAt,
            keepEarlier: true,
          })),
      };
    },
  };
}

async function nativeWrites(
  store: RecorderStore,
  drafts: readonly NativeDraft[],
  now: number,
): Promise<NativeIncrementWrite[]> {
  const jobs = new Map(drafts.map(({ job }) => [jobKeyText(job), job]));
  const jobIds = await ensureJobs(store, [...jobs.values()], now);
  return drafts.flatMap(({ job, ...draft }) => {
    const jobId = jobIds.get(jobKeyText(job));
    return jobId === undefined ? [] : { ...draft, jobId };
  });
}

/** One export may come in several requests, and an earlier one after a later one: each adds to what is there. */
async function mergeEvidence(
  store: RecorderStore,
  contributions: readonly Contribution[],
  now: number,
): Promise<{ write: MetricEvidenceWrite; state: EvidenceState }[]> {
  const byJob = new Map<string, Contribution[]>();
  for (const contribution of contributions) {
    const key = jobKeyText(contribution.empty.job);
    const ofJob = byJob.get(key);
    if (ofJob === undefined) byJob.set(key, [contribution]);
    else ofJob.push(contribution);
  }
  const jobIds = await ensureJobs(
    store,
    [...byJob.values()].flatMap(([first]) => first?.empty.job ?? []),
    now,
  );
  const written: { write: MetricEvidenceWrite; state: EvidenceState }[] = [];
  for (const [key, ofJob] of byJob) {
    const jobId = jobIds.get(key);
    if (jobId === undefined) continue;
    const known = await knownEvidence(store, jobId, ofJob);
    for (const [evidenceId, state] of mergedStates(ofJob, known)) {
      if (!isWorthKeeping(state) && !known.has(evidenceId)) continue;
      const write = {
        evidenceId,
        jobId,
        at: state.at,
        settleAt: settleAt(state, now),
        state: JSON.stringify(state),
      };
      written.push({ write, state });
    }
  }
  return written;
}

/** What was settled stays as it is: it would be counted twice. */
function mergedStates(
  contributions: readonly Contribution[],
  known: ReadonlyMap<string, MetricEvidence>,
): Map<string, EvidenceState> {
  const merged = new Map<string, EvidenceState>();
  for (const contribution of contributions) {
    const { evidenceId, empty } = contribution;
    const row = known.get(evidenceId);
    if (row?.settled === true) continue;
    const before = merged.get(evidenceId) ?? (row === undefined ? empty : readEvidence(row.state));
    if (before.looks === 0) merged.set(evidenceId, addPart(before, contribution));
  }
  return merged;
}

async function knownEvidence(
  store: RecorderStore,
  jobId: number,
  contributions: readonly Contribution[],
): Promise<Map<string, MetricEvidence>> {
  const times = contributions.map(({ empty }) => empty.at);
  const rows = await store.metricEvidence(jobId, Math.min(...times), Math.max(...times));
  return new Map(rows.map((row) => [row.evidenceId, row]));
}

async function ensureJobs(
  store: RecorderStore,
  keys: readonly JobKey[],
  at: number,
): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map();
  const jobs = await store.ensureJobs(keys.map((key) => ({ ...key, createdBy: "inferred" as const, at })));
  return new Map(jobs.map((job) => [jobKeyText(job), job.id]));
}
