/**
 * The seam between the intake and 2-record/metrics: exported points of the `batch_job_*` families → what they say of
 * runs (INGEST section 5). Called once for each round, before the ledger, so that events and stream states commit
 * together and a repeated delivery is not counted twice.
 */
import type { RunLink } from "../model/intake.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { MetricPoint } from "../model/samples.ts";
import type { NewDeadline } from "../model/watch.ts";
import type { MetricEvidenceWrite, MetricStreamWrite } from "../storage/ledger-store.ts";
import type { NativeIncrementWrite } from "../storage/meter-store.ts";

export interface MetricFacts {
  events: readonly RunEvent[];
  links: readonly RunLink[];
  metricStreams: readonly MetricStreamWrite[];
  /** What jobs count themselves. */
  nativeIncrements: readonly NativeIncrementWrite[];
  metricEvidence: readonly MetricEvidenceWrite[];
  /** When the evidence is to be looked at. */
  deadlines: readonly NewDeadline[];
}

export const NO_METRIC_FACTS: MetricFacts = {
  events: [],
  links: [],
  metricStreams: [],
  nativeIncrements: [],
  metricEvidence: [],
  deadlines: [],
};

export interface MetricRecorder {
  /**
   * Reads the stored states of the points' streams and answers what is to be committed. It keeps no state of its own
   * that a commit which fails afterwards would make wrong: the same points may be given again.
   */
  record(points: readonly MetricPoint[]): Promise<MetricFacts>;
}
