/**
 * One contributor for each run and family (SEMANTICS section 7, DESIGN decision 5.2): does the job's own telemetry tell of
 * this run? A run of an OpenTelemetry source may end before its counters arrive, so such a run waits a little where
 * nobody can say yet.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { NativeIncrement } from "../../model/meter.ts";
import type { Run } from "../../model/run.ts";
import type { Judgement } from "../../model/watch.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { completionStatus, runEndAt } from "./run-changes.ts";

/** Between the clocks and steps of one process. */
const SLACK_MS = 5_000;
/** Two export intervals and some more (INGEST 5.4 rule 5): what a process counts is here by then. */
const SETTLE_MS = 150_000;

/** An increment over longer than this, of one process, may be of a run that another counts. */
const VAGUE_MS = 90_000;

/** What counters say of runs has been worked out by then. */
export const EVIDENCE_SETTLES_MS = 240_000;

/** Families of which every run adds one observation: an increment of n speaks of n runs. */
const COUNTED: readonly string[] = [METRIC_NAMES.completions, METRIC_NAMES.duration];
/** The same, without a status to tell them by. */
const ONE_EACH: readonly string[] = [METRIC_NAMES.execution];
const SUMMED: readonly string[] = [
  METRIC_NAMES.execution,
  METRIC_NAMES.queueWait,
  METRIC_NAMES.recordsProcessed,
  METRIC_NAMES.recordsFailed,
  METRIC_NAMES.retries,
  METRIC_NAMES.deadLetters,
  METRIC_NAMES.cpuSeconds,
];

const NOTHING: ReadonlySet<string> = new Set();

export class NativeCover {
  readonly #mayCount: (jobId: number) => boolean;
  readonly #byJob = new Map<number, NativeIncrement[]>();
  readonly #claims = new Map<number, number>();
  readonly #fresh = new Map<number, number>();
  /** Of each increment, how many runs it speaks of that are counted already. */
  readonly #takenBack = new Map<number, number>();

  /** @param mayCount whether a job may count by itself, as far as is known */
  constructor(mayCount: (jobId: number) => boolean) {
    this.#mayCount = mayCount;
  }

  /** Reads the increments around the runs of each job that has any. */
  async load(
    store: Pick<LedgerStore, "nativeIncrements">,
    runs: readonly Run[],
    fresh: readonly NativeIncrement[],
  ): Promise<void> {
    const spans = new Map<number, { from: number; to: number }>();
    for (const run of runs) {
      if (!isFromTelemetry(run) && !fresh.some(({ jobId }) => jobId === run.jobId)) continue;
      const endAt = runEndAt(run);
      const from = Math.min(run.startedAt ?? endAt, endAt) - SLACK_MS;
      // Where a lost run really ended nobody has said yet.
      const to = isLost(run) ? Number.MAX_SAFE_INTEGER : endAt + SETTLE_MS;
      const known = spans.get(run.jobId);
      spans.set(run.jobId, {
        from: Math.min(known?.from ?? from, from),
        to: Math.max(known?.to ?? to, to),
      });
    }
    for (const [jobId, { from, to }] of spans)
      this.#byJob.set(jobId, await store.nativeIncrements(jobId, from, to));
  }

  /** The families that the job itself tells of this run; or that it is too early to say. */
  decide(run: Run, now: number): ReadonlySet<string> | "wait" {
    const around = this.#byJob.get(run.jobId) ?? [];
    const endAt = runEndAt(run);
    const counted = COUNTED.flatMap((family) => this.#find(run, family, around) ?? []);
    const [first] = counted;
    if (first === undefined && (this.#mayStillCome(run, now) || this.#mayHaveEnded(run, around, now)))
      return "wait";
    const isVague = counted.some(({ fromAt, at }) => at - fromAt > VAGUE_MS);
    if (isVague && this.#mayStillCome(run, now)) return "wait";
    for (const increment of counted) this.#claim(increment.id);
    const families = new Set(counted.map(({ family }) => family));
    // The process counts the rest of the run as well, sometimes before its end, and sometimes never gets to the end.
    const from = (run.startedAt ?? endAt) - SLACK_MS;
    const to = first === undefined ? endAt + SLACK_MS : Number.POSITIVE_INFINITY;
    // What a process counts along with an end is of the run that ended, and this one's end nobody counted.
    const exportOf = ({ instanceId, at }: NativeIncrement): string => `${instanceId} ${at}`;
    const ended = new Set(around.filter(({ family }) => COUNTED.includes(family)).map(exportOf));
    for (const increment of around) {
      const { family, instanceId, fromAt, at } = increment;
      const isOfRun =
        first === undefined
          ? isLost(run) || !ended.has(exportOf(increment))
          : instanceId === first.instanceId;
      if (SUMMED.includes(family) && isOfRun && at >= from && fromAt <= to) families.add(family);
    }
    return families.size === 0 ? NOTHING : families;
  }

  /** Lost, while its process counted an end that no run is found for yet: evidence settles first. */
  #mayHaveEnded(run: Run, around: readonly NativeIncrement[], now: number): boolean {
    const from = runEndAt(run) - SLACK_MS;
    return (
      isLost(run) &&
      around.some(
        (increment) =>
          COUNTED.includes(increment.family) &&
          this.#left(increment) > 0 &&
          increment.at >= from &&
          now < increment.at + EVIDENCE_SETTLES_MS,
      )
    );
  }

  #mayStillCome(run: Run, now: number): boolean {
    if (!isFromTelemetry(run) || isLost(run) || !this.#mayCount(run.jobId)) return false;
    return now < runEndAt(run) + SETTLE_MS;
  }

  static isCounted(family: string): boolean {
    return COUNTED.includes(family) || ONE_EACH.includes(family);
  }

  isClaimed(increment: NativeIncrement): boolean {
    return increment.claimed + (this.#claims.get(increment.id) ?? 0) > 0;
  }

  /** The run was counted as lost, and now its process counts it as well: what of that is not in a series yet stays out. */
  takeBack(run: Run, isAgain = false): void {
    const around = (this.#byJob.get(run.jobId) ?? []).filter(({ applied }) => isAgain || !applied);
    for (const family of [...COUNTED, ...ONE_EACH]) {
      const found = this.#find(run, family, around);
      if (found === null) continue;
      this.#claim(found.id);
      this.#takenBack.set(found.id, (this.#takenBack.get(found.id) ?? 0) + 1);
    }
  }

  /** What of an increment is still to be counted. */
  rest(increment: NativeIncrement): NativeIncrement | null {
    const less = this.#takenBack.get(increment.id) ?? 0;
    const { change } = increment;
    if (less === 0 || change.kind === "set") return increment;
    if (change.kind === "add")
      return change.amount <= less
        ? null
        : { ...increment, change: { kind: "add", amount: change.amount - less } };
    const { count } = change.histogram;
    if (count <= less) return null;
    const share = (count - less) / count;
    const { histogram } = change;
    return {
      ...increment,
      change: {
        kind: "merge",
        histogram: {
          ...histogram,
          count: count - less,
          sum: histogram.sum * share,
          below: histogram.below.map((below) => Math.round(below * share)),
        },
      },
    };
  }

  /** A violation that the job counts itself is told once. */
  coversViolation({ class: kind, jobId, type, at }: Judgement): boolean {
    if (kind !== "violation") return false;
    const told = (this.#byJob.get(jobId) ?? []).find(
      (increment) =>
        increment.family === METRIC_NAMES.slaViolations &&
        increment.labels.violation_type === type &&
        this.#left(increment) > 0 &&
        increment.fromAt - SETTLE_MS <= at &&
        at <= increment.at + SETTLE_MS,
    );
    if (told !== undefined) this.#claim(told.id);
    return told !== undefined;
  }

  /** Those made since the last asking. */
  newClaims(): { id: number; runs: number }[] {
    const claims = [...this.#fresh].map(([id, runs]) => ({ id, runs }));
    this.#fresh.clear();
    return claims;
  }

  /** Looks at these increments, as if no run were known to any of them. */
  lookAt(jobId: number, increments: readonly NativeIncrement[]): void {
    this.#byJob.set(
      jobId,
      increments.map((increment) => ({ ...increment, claimed: 0 })),
    );
  }

  /** The increment that speaks of this run's end and of which a run is still to be found; the nearest. */
  #find(run: Run, family: string, around: readonly NativeIncrement[]): NativeIncrement | null {
    const endAt = runEndAt(run);
    const status = completionStatus(run.phase);
    const distance = ({ fromAt, at }: NativeIncrement): number => Math.max(0, fromAt - endAt, endAt - at);
    const fitting = around.filter(
      (increment) =>
        increment.family === family &&
        increment.labels.task_id === undefined &&
        distance(increment) <= SLACK_MS + run.completedWithinMs &&
        (ONE_EACH.includes(family) || statusOf(increment) === status) &&
        this.#left(increment) > 0,
    );
    // A long interval may speak of anybody: it is left to whom no other fits.
    const length = ({ fromAt, at }: NativeIncrement): number => at - fromAt;
    return (
      fitting.sort((a, b) => distance(a) - distance(b) || length(a) - length(b) || a.id - b.id)[0] ?? null
    );
  }

  #left(increment: NativeIncrement): number {
    const taken = increment.claimed + (this.#claims.get(increment.id) ?? 0);
    const { change } = increment;
    const count =
      change.kind === "merge" ? change.histogram.count : change.kind === "add" ? change.amount : 0;
    return count - taken;
  }

  #claim(id: number): void {
    this.#fresh.set(id, (this.#fresh.get(id) ?? 0) + 1);
    this.#claims.set(id, (this.#claims.get(id) ?? 0) + 1);
  }
}

function statusOf({ labels }: NativeIncrement): "success" | "failure" | null {
  const word = (labels.status ?? labels.state ?? "").trim().toLowerCase();
  if (/^(success|succeeded|successful|completed|complete|finished|done|ok)$/.test(word)) return "success";
  return /^(cancelled|canceled|skipped)$/.test(word) ? null : "failure";
}

/** Only a source that speaks OpenTelemetry may count by itself. */
export function isFromTelemetry(run: Run): boolean {
  return run.witnesses.some(
    ({ kind }) => kind === "otlp-metric" || kind === "otlp-span" || kind === "otlp-log",
  );
}

/** Its process is gone: what it has not exported it never will. */
function isLost({ phase }: Run): boolean {
  return phase === "lost";
}
