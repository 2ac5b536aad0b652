/**
 * Settles one piece of evidence (INGEST 5.4 rules 3 to 10): which known runs explain the ends that it counted, and which are left
 * for anonymous runs? Pure: runs in, events and links out. Run and event ids come from the evidence, so settling twice is harmless.
 *
 * 1. A sighting inside a span of a known run is the end (or start) of that run.
 * 2. A known run that ended in the interval, with the same outcome, explains one.
 * 3. Where one end is left and one silent open run, it is the end of that run.
 * 4. What is left becomes anonymous runs, for sources that send neither spans nor logs: a source that does would be doubled.
 * 5. A run identified later absorbs the anonymous one nearest to it, by an alias that both share.
 */
import type { RunEventKind } from "@batchwatch/protocol";
import type { RunAlias } from "../../model/identity.ts";
import type { RunLink } from "../../model/intake.ts";
import type { Run } from "../../model/run.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { EndedRuns, EvidenceState, MetricOutcome, Sighting } from "./metric-evidence.ts";
import { intervalMs } from "./settle-times.ts";

export interface SettleInput {
  evidenceId: string;
  state: EvidenceState;
  /** The job's latest runs before the end of the interval, and all that are open. */
  runs: readonly Run[];
  byAlias: ReadonlyMap<RunAlias, Run>;
  /** Ids of runs that explain other evidence. */
  claimed: ReadonlySet<string>;
  now: number;
}

export interface Settled {
  events: RunEvent[];
  links: RunLink[];
  state: EvidenceState;
}

/** More ends than this in one interval are counted, not made into runs: a stream seen for the first time after years. */
const MOST_ANONYMOUS = 50;
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
  readonly #events: RunEvent[] = [];
  readonly #links: RunLink[] = [];
  readonly #explained: Set<string>;
  readonly #toleranceMs: number;

  constructor(input: SettleInput) {
    this.#input = input;
    this.#state = structuredClone(input.state);
    this.#explained = new Set(this.#state.explainedBy);
    this.#toleranceMs = intervalMs(this.#state);
  }

  settle(): Settled {
    this.#tellStarts();
    this.#absorb();
    for (const ended of this.#state.ends) this.#settleEnds(ended);
    // What was settled is not settled again; only absorbing goes on.
    this.#state.ends = this.#state.ends.map((ended) => ({ ...ended, count: 0, sightings: [] }));
    this.#state.starts = [];
    this.#state.explainedBy = [...this.#explained];
    return { events: this.#events, links: this.#links, state: this.#state };
  }

  #tellStarts(): void {
    for (const start of this.#state.starts) {
      const run = this.#runOf(start);
      if (run !== null && !run.anonymous) this.#events.push(this.#event(run.runId, "started", start.at, 0));
    }
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────────

  #settleEnds(ended: EndedRuns): void {
    const sightings = this.#sightingsOf(ended);
    const unmatched: Sighting[] = [];
    let left = ended.count;
    for (const seen of sightings) {
      const run = this.#runOf(seen);
      if (run === null) unmatched.push(seen);
      else if (!this.#isTaken(run)) {
        this.#end(run.runId, ended, seen.at, 0);
        left -= 1;
      }
    }
    for (const run of this.#endedRuns(ended.outcome)) {
      if (left <= 0) return;
      this.#explained.add(run.runId);
      left -= 1;
    }
    const [open, ...more] = this.#silentOpenRuns();
    if (left === 1 && open !== undefined && more.length === 0) {
      const { at, withinMs } = this.#endTime(ended, unmatched[0] ?? null, 0);
      this.#end(open.runId, ended, at, withinMs);
      return;
    }
    if (left > 0 && this.#mayInvent()) this.#invent(ended, unmatched, Math.min(left, MOST_ANONYMOUS));
  }

  /** Completions keep one exemplar an export, durations one a bucket: together they see more of the ends. */
  #sightingsOf(ended: EndedRuns): Sighting[] {
    const all = [...ended.sightings, ...(this.#state.durations[ended.outcome]?.sightings ?? [])];
    const bySpan = new Map<string, Sighting>();
    for (const seen of all) if (seen.span !== null && !bySpan.has(seen.span)) bySpan.set(seen.span, seen);
    return [...bySpan.values()].slice(0, ended.count);
  }

  #runOf(seen: Sighting): Run | null {
    const { byAlias } = this.#input;
    const bySpan = seen.span === null ? undefined : byAlias.get(seen.span);
    return bySpan ?? (seen.trace === null ? undefined : byAlias.get(seen.trace)) ?? null;
  }

  #isTaken(run: Run): boolean {
    return this.#explained.has(run.runId) || this.#input.claimed.has(run.runId);
  }

  /** Known runs that ended in the interval: those inside it first, then those one interval around it. */
  #endedRuns(outcome: MetricOutcome): Run[] {
    const { fromAt, at } = this.#state;
    const distance = (run: Run) => Math.max(0, fromAt - (run.completedAt ?? 0), (run.completedAt ?? 0) - at);
    return this.#input.runs
      .filter(
        (run) =>
          !run.anonymous &&
          !this.#isTaken(run) &&
          run.completedAt !== null &&
          outcomeOfPhase(run) === outcome &&
          distance(run) <= this.#toleranceMs,
      )
      .sort((a, b) => distance(a) - distance(b));
  }

  /** Open runs that nothing but these metrics tells of, and that have not beaten since the interval. */
  #silentOpenRuns(): Run[] {
    return this.#input.runs.filter(
      (run) =>
        run.completedAt === null &&
        !run.anonymous &&
        !this.#isTaken(run) &&
        onlyMetrics(run) &&
        (run.startedAt ?? run.lastEventAt) <= this.#state.at &&
        (run.lastBeatAt ?? 0) <= this.#state.at,
    );
  }

  #end(runId: string, ended: EndedRuns, at: number, withinMs: number): void {
    this.#explained.add(runId);
    const event = this.#event(runId, kindOfOutcome(ended.outcome), at, withinMs);
    if (ended.errorType !== null && ended.outcome === "failure") event.error = { type: ended.errorType };
    this.#events.push(event);
  }

  // ── anonymous runs ────────────────────────────────────────────────────────────────────────────────

  #mayInvent(): boolean {
    if (this.#state.at - this.#state.fromAt > LONGEST_INTERVAL_MS) return false;
    return this.#input.runs.every(onlyMetrics);
  }

  #invent(ended: EndedRuns, unmatched: readonly Sighting[], count: number): void {
    for (let ordinal = 0; ordinal < count; ordinal += 1) {
      const seen = unmatched[ordinal] ?? null;
      const runId = `anonymous-${this.#input.evidenceId}-${ended.outcome}-${ordinal + 1}`;
      const { at, withinMs } = this.#endTime(ended, seen, ordinal);
      const start = this.#startTime(ended, seen, at, withinMs);
      const aliases = [anonymousAlias(runId), ...(seen?.span ? [seen.span] : [])];
      const isOnly = this.#isOnlyEnd();
      const facts = { anonymous: true, aliases } as const;
      if (start !== null) {
        const started = { ...this.#event(runId, "started", start.at, start.withinMs), ...facts };
        const waitSeconds = this.#valueOf("queueWait", seen);
        if (waitSeconds !== null) started.queuedAt = Math.round(start.at - waitSeconds * 1000);
        this.#events.push(started);
      }
      const end: RunEvent = { ...this.#event(runId, kindOfOutcome(ended.outcome), at, withinMs), ...facts };
      if (ended.errorType !== null && ended.outcome === "failure") end.error = { type: ended.errorType };
      const { recordsProcessed, recordsFailed } = this.#state;
      if (isOnly && (recordsProcessed !== null || recordsFailed !== null))
        end.records = {
          ...(recordsProcessed === null ? {} : { processed: recordsProcessed }),
          ...(recordsFailed === null ? {} : { failed: recordsFailed }),
        };
      this.#events.push(end);
      this.#state.anonymous.push({ runId, outcome: ended.outcome, endAt: at });
    }
  }

  #isOnlyEnd(): boolean {
    return this.#state.ends.reduce((sum, ended) => sum + ended.count, 0) === 1;
  }

  #endTime(ended: EndedRuns, seen: Sighting | null, ordinal: number): { at: number; withinMs: number } {
    if (seen !== null) return { at: Math.round(seen.at), withinMs: 0 };
    if (ordinal === 0 && ended.firstEndAt !== null) return { at: Math.round(ended.firstEndAt), withinMs: 0 };
    const { lastSuccessAt, fromAt, at } = this.#state;
    if (ended.outcome === "success" && ended.count === 1 && lastSuccessAt !== null && lastSuccessAt <= at)
      return { at: lastSuccessAt, withinMs: 0 };
    return { at: Math.round(at), withinMs: Math.round(at - fromAt) };
  }

  /** A process that ran once began to count when its run began; otherwise the end less what it took. */
  #startTime(
    ended: EndedRuns,
    seen: Sighting | null,
    endAt: number,
    endWithinMs: number,
  ): { at: number; withinMs: number } | null {
    const { firstStartAt, durations } = this.#state;
    if (firstStartAt !== null && firstStartAt <= endAt && this.#isOnlyEnd())
      return { at: Math.round(firstStartAt), withinMs: 0 };
    const exact = this.#valueOf("execution", seen);
    if (exact !== null) return { at: Math.round(endAt - exact * 1000), withinMs: endWithinMs };
    const duration = durations[ended.outcome];
    if (duration === undefined || duration.count === 0) return null;
    const meanMs = (duration.sumSeconds / duration.count) * 1000;
    return {
      at: Math.round(endAt - meanMs),
      withinMs: endWithinMs + (duration.count === 1 ? 0 : Math.round(meanMs)),
    };
  }

  /** Seconds of the one end there was, or of the sighting in the same span; null where it could be any of several. */
  #valueOf(timing: "execution" | "queueWait", seen: Sighting | null): number | null {
    const known = this.#state[timing];
    if (known === null) return null;
    if (known.count === 1 && this.#isOnlyEnd()) return known.sumSeconds;
    if (seen?.span == null) return null;
    return known.sightings.find(({ span }) => span === seen.span)?.value ?? null;
  }

  // ── absorbing ─────────────────────────────────────────────────────────────────────────────────────

  #absorb(): void {
    this.#state.anonymous = this.#state.anonymous.filter(({ runId, outcome, endAt }) => {
      const [nearest] = this.#endedRuns(outcome).sort(
        (a, b) => Math.abs((a.completedAt ?? 0) - endAt) - Math.abs((b.completedAt ?? 0) - endAt),
      );
      if (nearest === undefined) return true;
      this.#explained.add(nearest.runId);
      this.#links.push({ job: this.#state.job, runId: nearest.runId, aliases: [anonymousAlias(runId)] });
      return false;
    });
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

function outcomeOfPhase({ phase }: Run): MetricOutcome | null {
  switch (phase) {
    case "completed":
      return "success";
    case "failed":
    case "dead_letter":
      return "failure";
    case "cancelled":
    case "skipped":
      return phase;
    default:
      return null;
  }
}

function onlyMetrics(run: Run): boolean {
  return run.witnesses.every(({ kind }) => kind === "otlp-metric" || kind === "batchwatch");
}
