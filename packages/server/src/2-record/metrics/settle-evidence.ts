/**
 * Settles one piece of evidence (INGEST 5.4 rules 3 to 10): which known runs explain the ends that it counted, and which are left
 * for anonymous runs? Pure: runs in, events and links out. Run and event ids come from the evidence, so settling twice is harmless.
 *
 * 1. A sighting inside a span of a known run is the end (the start, the queue wait) of that run.
 * 2. A known run that ended in the interval, with the same outcome, explains one.
 * 3. A silent open run that can have ended then explains one.
 * 4. What is left becomes anonymous runs, for sources that send neither spans nor logs: a source that does would be doubled.
 * 5. A run identified later absorbs the anonymous one nearest to it, by an alias that both share.
 */
import { METRIC_NAMES, type RunEventKind } from "@batchwatch/protocol";
import type { RunAlias } from "../../model/identity.ts";
import type { RunLink } from "../../model/intake.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { endTimeOf, queueWaitOf, startTimeOf, type TimePoint } from "./evidence-times.ts";
import { endedRuns, onlyMetrics, silentOpenRuns } from "./matching-runs.ts";
import {
  type EndedRuns,
  type EvidenceState,
  endsOf,
  intervalStart,
  type MetricOutcome,
  type Sighting,
  startsOf,
  timingOf,
} from "./metric-evidence.ts";

export interface SettleInput {
  evidenceId: string;
  state: EvidenceState;
  /** The job's latest runs before the end of the interval, and all that are open. */
  runs: readonly Run[];
  byAlias: ReadonlyMap<RunAlias, Run>;
  /** Ids of runs that explain other evidence. */
  claimed: ReadonlySet<string>;
  /** Counted since the process's last end of a run; null where several runs may have counted. */
  records: { processed: number | null; failed: number | null };
  now: number;
}

export interface Settled {
  events: RunEvent[];
  links: RunLink[];
  state: EvidenceState;
}

/** Ends of one outcome that no sighting explains. */
interface RestOfEnds {
  ended: EndedRuns;
  unmatched: readonly Sighting[];
  left: number;
}

/** More ends than this in one interval are counted, not made into runs: a stream seen for the first time after years. */
const MOST_ANONYMOUS = 50;
/** A start this near to the one that is known says nothing new. */
const SAME_MOMENT_MS = 1_000;
const LONGEST_INTERVAL_MS = 24 * 3_600_000;

export function anonymousAlias(runId: string): RunAlias {
  return `anon:${runId}`;
}

export function settleEvidence(input: SettleInput): Settled {
  return new Settlement(input).settle();
}

class Settlement {
  readonly #input: SettleInput;
  readonly #state: EvidenceState;
  readonly #ends: readonly EndedRuns[];
  readonly #events: RunEvent[] = [];
  readonly #links: RunLink[] = [];
  readonly #taken: Set<string>;
  readonly #explainedBy: Set<string>;
  #anonymous: { runId: string; outcome: MetricOutcome; endAt: number }[];

  constructor(input: SettleInput) {
    this.#input = input;
    this.#state = input.state;
    this.#ends = endsOf(input.state);
    this.#explainedBy = new Set(input.state.explainedBy);
    this.#taken = new Set([...input.claimed, ...input.state.explainedBy]);
    this.#anonymous = [...input.state.anonymous];
  }

  settle(): Settled {
    // What was settled is not settled again; only absorbing goes on.
    if (this.#state.looks > 0) this.#absorb();
    else {
      this.#tellStarts();
      // What is certain goes first: a run that is seen to end in one way explains no end of another.
      const rests = this.#ends.map((ended) => this.#settleSighted(ended));
      for (const rest of rests) this.#settleByTime(rest);
      this.#tellQueueWaits();
    }
    const state = { ...this.#state, explainedBy: [...this.#explainedBy], anonymous: this.#anonymous };
    return { events: this.#events, links: this.#links, state };
  }

  // ── starts and waits of known runs ────────────────────────────────────────────────────────────────

  #tellStarts(): void {
    for (const start of startsOf(this.#state)) {
      const run = this.#runOf(start);
      if (run !== null) this.#tellStart(run, { at: Math.round(start.at), withinMs: 0 });
    }
  }

  #tellStart(run: Run, { at, withinMs }: TimePoint): void {
    const { startedAt } = run;
    if (startedAt !== null && at > startedAt - SAME_MOMENT_MS) return;
    const event = this.#event(run.runId, "started", at, withinMs);
    this.#events.push({ ...event, eventId: `${event.eventId}/${at}` });
  }

  /** INGEST 5.4 rule 10: queued = start − wait. Where all waits but one are known, so is the last. */
  #tellQueueWaits(): void {
    const waits = timingOf(this.#state, METRIC_NAMES.queueWait);
    if (waits === null) return;
    const known = new Map<string, { run: Run; seconds: number }>();
    for (const seen of waits.sightings) {
      const run = this.#runOf(seen);
      if (run !== null) known.set(run.runId, { run, seconds: seen.value });
    }
    const unknown = [...this.#explainedBy].filter((runId) => !known.has(runId));
    const run = this.#input.runs.find(({ runId }) => runId === unknown[0]);
    if (run !== undefined && unknown.length === 1 && waits.count === known.size + 1) {
      const others = [...known.values()].reduce((sum, { seconds }) => sum + seconds, 0);
      known.set(run.runId, { run, seconds: waits.sumSeconds - others });
    }
    for (const wait of known.values()) this.#tellQueueWait(wait.run, wait.seconds);
  }

  #tellQueueWait(run: Run, seconds: number): void {
    if (run.queuedAt !== null || run.startedAt === null || run.anonymous || seconds < 0) return;
    const queuedAt = Math.round(run.startedAt - seconds * 1000);
    this.#events.push(this.#event(run.runId, "queued", queuedAt, run.startedWithinMs));
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────────

  #settleSighted(ended: EndedRuns): RestOfEnds {
    const unmatched: Sighting[] = [];
    let left = ended.count;
    for (const seen of this.#sightingsOf(ended)) {
      const run = this.#runOf(seen);
      if (run === null || run.anonymous) unmatched.push(seen);
      else {
        left -= 1;
        this.#end(run, ended, seen, { at: Math.round(seen.at), withinMs: 0 });
      }
    }
    return { ended, unmatched, left };
  }

  #settleByTime({ ended, unmatched, left }: RestOfEnds): void {
    let unexplained = left;
    for (const run of endedRuns(this.#input.runs, ended.outcome, this.#state, this.#taken)) {
      if (unexplained <= 0) return;
      unexplained -= 1;
      this.#explain(run, ended);
    }
    if (unexplained <= 0) return;
    const seen = unmatched[0] ?? null;
    const end = endTimeOf(this.#state, ended, seen, 0);
    const start =
      this.#ends.length === 1 && unexplained === 1 ? startTimeOf(this.#state, ended, seen, end) : null;
    const open = silentOpenRuns(this.#input.runs, this.#state, this.#taken, { seen, start, end });
    if (open.length <= unexplained) for (const run of open) this.#end(run, ended, seen, end);
    // Open runs of which it cannot be told which ones ended are not doubled either.
    const rest = Math.min(unexplained - open.length, MOST_ANONYMOUS);
    if (rest > 0 && this.#mayInvent()) this.#invent(ended, unmatched, rest);
  }

  /** Completions keep one exemplar an export, durations one a bucket: together they see more of the ends. */
  #sightingsOf(ended: EndedRuns): Sighting[] {
    const durations = timingOf(this.#state, METRIC_NAMES.duration, ended.outcome);
    const bySpan = new Map<string, Sighting>();
    for (const seen of [...ended.sightings, ...(durations?.sightings ?? [])])
      if (seen.span !== null && !bySpan.has(seen.span)) bySpan.set(seen.span, seen);
    return [...bySpan.values()].slice(0, ended.count);
  }

  #runOf(seen: Sighting): Run | null {
    const { byAlias } = this.#input;
    const bySpan = seen.span === null ? undefined : byAlias.get(seen.span);
    return bySpan ?? (seen.trace === null ? undefined : byAlias.get(seen.trace)) ?? null;
  }

  /** A run that says by itself that and how it ended; only what it left open is added. */
  #explain(run: Run, ended: EndedRuns): void {
    this.#take(run);
    const isCertain = this.#ends.length === 1 && ended.count === 1;
    if (isCertain && run.completedAt !== null && run.errorType === null && ended.errorType !== null)
      this.#events.push(this.#endEvent(run.runId, ended, run.completedAt, intervalLength(this.#state)));
    this.#tellRecords(run);
  }

  #end(run: Run, ended: EndedRuns, seen: Sighting | null, end: TimePoint): void {
    if (this.#explainedBy.has(run.runId)) return;
    this.#take(run);
    const start = startTimeOf(this.#state, ended, seen, end);
    if (start !== null) this.#tellStart(run, start);
    this.#events.push(this.#endEvent(run.runId, ended, end.at, end.withinMs));
    this.#tellRecords(run);
  }

  #take(run: Run): void {
    this.#taken.add(run.runId);
    this.#explainedBy.add(run.runId);
  }

  /** INGEST 5.4 rule 8: what the process counted is the run's, where it ran nothing else and the run says nothing. */
  #tellRecords(run: Run): void {
    const { processed, failed } = this.#input.records;
    const records = {
      ...(processed === null || run.recordsProcessed !== null ? {} : { processed }),
      ...(failed === null || run.recordsFailed !== null ? {} : { failed }),
    };
    if (!this.#isOnlyEnd() || Object.keys(records).length === 0) return;
    this.#events.push({ ...this.#event(run.runId, "records", this.#state.at, 0), records });
  }

  // ── anonymous runs ────────────────────────────────────────────────────────────────────────────────

  #mayInvent(): boolean {
    if (intervalLength(this.#state) > LONGEST_INTERVAL_MS) return false;
    return this.#input.runs.every(onlyMetrics);
  }

  #invent(ended: EndedRuns, unmatched: readonly Sighting[], count: number): void {
    for (let ordinal = 0; ordinal < count; ordinal += 1) {
      const seen = unmatched[ordinal] ?? null;
      const runId = `anonymous-${this.#input.evidenceId}-${ended.outcome}-${ordinal + 1}`;
      const end = endTimeOf(this.#state, ended, seen, ordinal);
      const start = startTimeOf(this.#state, ended, seen, end);
      const aliases = [anonymousAlias(runId), ...(seen?.span ? [seen.span] : [])];
      const facts = { anonymous: true, aliases } as const;
      if (start !== null) {
        const started = { ...this.#event(runId, "started", start.at, start.withinMs), ...facts };
        const waitSeconds = queueWaitOf(this.#state, seen);
        if (waitSeconds !== null) started.queuedAt = Math.round(start.at - waitSeconds * 1000);
        this.#events.push(started);
      }
      const event = { ...this.#endEvent(runId, ended, end.at, end.withinMs), ...facts };
      const { processed, failed } = this.#input.records;
      if (this.#isOnlyEnd() && (processed !== null || failed !== null))
        event.records = {
          ...(processed === null ? {} : { processed }),
          ...(failed === null ? {} : { failed }),
        };
      this.#events.push(event);
      this.#anonymous.push({ runId, outcome: ended.outcome, endAt: end.at });
    }
  }

  #isOnlyEnd(): boolean {
    return this.#ends.reduce((sum, { count }) => sum + count, 0) === 1;
  }

  // ── absorbing ─────────────────────────────────────────────────────────────────────────────────────

  #absorb(): void {
    this.#anonymous = this.#anonymous.filter(({ runId, outcome, endAt }) => {
      const distance = ({ completedAt }: Run): number => Math.abs((completedAt ?? 0) - endAt);
      const [nearest] = endedRuns(this.#input.runs, outcome, this.#state, this.#taken).sort(
        (a, b) => distance(a) - distance(b),
      );
      if (nearest === undefined) return true;
      this.#take(nearest);
      this.#links.push({ job: this.#state.job, runId: nearest.runId, aliases: [anonymousAlias(runId)] });
      return false;
    });
  }

  // ── events ────────────────────────────────────────────────────────────────────────────────────────

  #endEvent(runId: string, ended: EndedRuns, at: number, withinMs: number): RunEvent {
    const event = this.#event(runId, kindOfOutcome(ended.outcome), at, withinMs);
    if (ended.errorType !== null && ended.outcome === "failure") event.error = { type: ended.errorType };
    return event;
  }

  #event(runId: string, kind: RunEventKind, at: number, withinMs: number): RunEvent {
    const { job, jobType } = this.#state;
    return {
      eventId: `otlp-metric:${this.#input.evidenceId}/${runId}/${kind}`,
      kind,
      job,
      run: { by: "id", runId },
      aliases: [],
      at: Math.round(at),
      withinMs,
      receivedAt: this.#input.now,
      witness: "otlp-metric",
      ...(jobType === null ? {} : { jobType }),
    };
  }
}

export function kindOfOutcome(outcome: MetricOutcome): RunEventKind {
  switch (outcome) {
    case "success":
      return "completed";
    case "failure":
      return "failed";
    case "cancelled":
      return "cancelled";
    case "skipped":
      return "skipped";
  }
}

function intervalLength(state: EvidenceState): number {
  return Math.round(Math.max(0, state.at - intervalStart(state)));
}
