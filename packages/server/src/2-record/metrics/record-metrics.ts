/**
 * The MetricRecorder: points → what is committed with the round (events, links, stream states, evidence), and a
 * `settle_metrics` deadline for each job that has evidence. Reads the stored states; keeps none of its own.
 */
import type { Clock } from "../../lib/clock.ts";
import { type JobKey, jobKeyText } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { MetricPoint } from "../../model/samples.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { type MetricRecorder, NO_METRIC_FACTS } from "../metric-recorder.ts";
import { collectEvidence } from "./collect-evidence.ts";
import { SETTLE_METRICS, settleAt } from "./settle-times.ts";

export function createMetricRecorder(
  store: Pick<LedgerStore, "metricStreams" | "ensureJobs">,
  clock: Clock,
): MetricRecorder {
  return {
    async record(points: readonly MetricPoint[]) {
      if (points.length === 0) return NO_METRIC_FACTS;
      const stored = await store.metricStreams([...new Set(points.map((point) => point.streamId))]);
      const collected = collectEvidence(points, stored);
      const jobs = await ensureJobs(
        store,
        [...collected.evidence.values()].map(({ job }) => job),
        clock.now(),
      );
      const now = clock.now();
      const metricEvidence = [...collected.evidence].map(([evidenceId, state]) => ({
        evidenceId,
        jobId: jobs.get(jobKeyText(state.job))?.id ?? 0,
        at: Math.round(state.at),
        settleAt: settleAt(state, now),
        state: JSON.stringify(state),
      }));
      return {
        events: collected.events,
        links: collected.links,
        metricStreams: [...collected.streams].map(([streamId, { state, updatedAt }]) => ({
          streamId,
          updatedAt,
          state: JSON.stringify(state),
        })),
        metricEvidence,
        deadlines: metricEvidence.map((evidence) => ({
          kind: SETTLE_METRICS,
          subject: `job:${evidence.jobId}`,
          jobId: evidence.jobId,
          dueAt: evidence.settleAt,
          keepEarlier: true,
        })),
      };
    },
  };
}

async function ensureJobs(
  store: Pick<LedgerStore, "ensureJobs">,
  keys: readonly JobKey[],
  at: number,
): Promise<Map<string, Job>> {
  const unique = new Map(keys.map((key) => [jobKeyText(key), key]));
  if (unique.size === 0) return new Map();
  const jobs = await store.ensureJobs(
    [...unique.values()].map((key) => ({ ...key, createdBy: "inferred" as const, at })),
  );
  return new Map(jobs.map((job) => [jobKeyText(job), job]));
}
