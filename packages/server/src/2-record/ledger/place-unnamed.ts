/**
 * Places the events of a job that name no run (SEMANTICS section 2): a start opens a run, named by its time, and ends
 * an older open one as lost unless overlap is allowed; an end closes the latest start before it; an end without a
 * start is a run with only an end. Told by the events' own times, so a late start still finds its end. A ping that was sent
 * again because its answer was lost is the same ping (repeated-pings.ts).
 */
import { TERMINAL_EVENT_KINDS } from "@batchwatch/protocol";
import { isUnnamedRunId, unnamedRunId } from "../../model/identity.ts";
import type { Job } from "../../model/job.ts";
import type { RunEvent } from "../../model/run-event.ts";
import { compareText } from "../../model/run-facts.ts";
import type { DraftTable } from "./draft-table.ts";
import { mayRepeatEnd, mayRepeatStart, saysEnd, saysStart } from "./repeated-pings.ts";
import type { RunDraft } from "./run-draft.ts";
import type { UnnamedList, UnnamedRun } from "./unnamed-runs.ts";

type Role = "end" | "start" | "announcement" | "sign";

export class UnnamedPlacer {
  readonly #table: DraftTable;
  readonly #job: Job;
  readonly #list: UnnamedList;
  readonly #ofRound: readonly RunDraft[];
  readonly #drafts = new Map<number, RunDraft>();

  /** @param ofRound what this round says of the job's runs that have an id. */
  constructor(table: DraftTable, job: Job, list: UnnamedList, ofRound: readonly RunDraft[]) {
    this.#table = table;
    this.#job = job;
    this.#list = list;
    this.#ofRound = ofRound;
  }

  async place(events: readonly RunEvent[]): Promise<void> {
    await this.#table.loadKeys(
      events.map((event) => ({ jobId: this.#job.id, runId: unnamedRunId(event.at) })),
    );
    for (const event of events.toSorted(compareUnnamed)) {
      switch (roleOf(event)) {
        case "start":
          await this.#start(event);
          break;
        case "end":
          await this.#end(event);
          break;
        case "announcement":
          await this.#announce(event);
          break;
        case "sign":
          await this.#sign(event);
          break;
      }
    }
  }

  // ── the four kinds of event ───────────────────────────────────────────────────────────────────────

  async #start(event: RunEvent): Promise<void> {
    const { at } = event;
    const announced = latest(
      this.#list.runs,
      (run) => run.startedAt === null && run.endedAt === null && run.beganAt <= at,
    );
    const retrying = latest(this.#list.runs, (run) => run.isRetrying && run.beganAt <= at);
    const same = this.#startedAt(at) ?? (await this.#repeatedStart(event)) ?? announced ?? retrying;
    if (same !== null) {
      await this.#add(event, same);
      same.startedAt = Math.min(same.startedAt ?? at, at);
      same.beganAt = Math.min(same.beganAt, at);
      if (same === retrying) Object.assign(same, { isRetrying: false, endedAt: null });
      return;
    }
    const next = earliest(this.#list.runs, (run) => run.beganAt >= at);
    const around = latest(this.#list.runs, (run) => run.beganAt < at && (run.endedAt ?? at) > at);
    const run = await this.#open(event, { startedAt: at, endedAt: null });
    if (next !== null && next.startedAt === null && next.endedAt !== null && around === null) {
      await this.#absorb(run, next);
    } else if (!this.#job.settings.allowOverlap && (around !== null || next !== null)) {
      // The end after it belongs to another start.
      await this.#lose(run, around?.endedAt ?? next?.beganAt ?? at, event.receivedAt);
    }
    if (this.#job.settings.allowOverlap) return;
    for (const older of [...this.#list.runs])
      if (older !== run && older.endedAt === null && !older.isLost && older.beganAt < at)
        await this.#lose(older, at, event.receivedAt);
  }

  async #end(event: RunEvent): Promise<void> {
    const { at } = event;
    const sameTime = earliest(this.#list.runs, (run) => run.endedAt === at);
    const lastStart = latest(
      this.#list.runs,
      (run) =>
        run.startedAt !== null &&
        run.startedAt <= at &&
        (!this.#job.settings.allowOverlap || run.endedAt === null),
    );
    const run = lastStart !== null && lastStart.endedAt === null ? lastStart : null;
    if (sameTime !== null) {
      await this.#add(event, sameTime);
    } else if (run !== null) {
      await this.#add(event, run);
      run.endedAt = at;
      run.isLost = false;
    } else {
      const draft = (await this.#repeatedEnd(event)) ?? (await this.#underWayByRid(event));
      if (draft === null) await this.#open(event, { startedAt: null, endedAt: at });
      else draft.add(event);
    }
  }

  async #announce(event: RunEvent): Promise<void> {
    const waiting = latest(this.#list.runs, (run) => run.startedAt === null && run.endedAt === null);
    const same = this.#startedAt(event.at) ?? waiting;
    if (same !== null) await this.#add(event, same);
    else await this.#open(event, { startedAt: null, endedAt: null });
  }

  /** A beat, progress, a step, a line of the log: of the run under way, else of the one before. */
  async #sign(event: RunEvent): Promise<void> {
    const { at } = event;
    const open = latest(this.#list.runs, (run) => run.endedAt === null && !run.isLost && run.beganAt <= at);
    const run = open ?? latest(this.#list.runs, (candidate) => candidate.beganAt <= at);
    if (run === null) {
      const startedAt = event.kind === "log" ? null : at;
      await this.#open(event, { startedAt, endedAt: null });
      return;
    }
    await this.#add(event, run);
    if (event.kind === "retrying") Object.assign(run, { isRetrying: true, endedAt: run.endedAt ?? at });
  }

  // ── pings that came twice, and ends of runs that have a name ──────────────────────────────────────

  async #repeatedStart(event: RunEvent): Promise<UnnamedRun | null> {
    if (this.#job.settings.allowOverlap) return null;
    for (const run of mayRepeatStart(event, this.#list.runs)) {
      const draft = await this.#draft(run);
      if (draft !== null && saysStart(event, draft.facts)) return run;
    }
    return null;
  }

  async #repeatedEnd(event: RunEvent): Promise<RunDraft | null> {
    const gapMs = this.#job.settings.allowOverlap ? 0 : undefined;
    const candidates = [...this.#ofRound];
    for (const run of mayRepeatEnd(event, [...this.#list.runs, ...this.#list.byRid])) {
      const draft = await this.#draft(run);
      if (draft !== null) candidates.push(draft);
    }
    return candidates.find(({ facts }) => saysEnd(event, facts, gapMs)) ?? null;
  }

  /**
   * Healthchecks takes an end without `rid` as the end of whatever is under way. So it is here where no start without one
   * is open and exactly one run by `rid` is: of several, nobody could say which.
   */
  async #underWayByRid(event: RunEvent): Promise<RunDraft | null> {
    const drafts = new Set(this.#ofRound);
    for (const run of this.#list.byRid) {
      const draft = run.endedAt === null && !run.isLost ? await this.#draft(run) : null;
      if (draft !== null) drafts.add(draft);
    }
    const [draft, another] = [...drafts].filter((candidate) => isUnderWay(candidate, event));
    return another === undefined ? (draft ?? null) : null;
  }

  // ── changing runs ─────────────────────────────────────────────────────────────────────────────────

  /** The run named by this very moment, which a repeated event finds again. */
  #startedAt(at: number): UnnamedRun | null {
    return this.#list.runs.find((run) => run.runId === unnamedRunId(at)) ?? null;
  }

  async #open(event: RunEvent, times: Pick<UnnamedRun, "startedAt" | "endedAt">): Promise<UnnamedRun> {
    const runId = unnamedRunId(event.at);
    const draft =
      this.#table.byKey(this.#job.id, runId) ?? this.#table.create(this.#job, runId, event.receivedAt);
    draft.add(event);
    this.#drafts.set(draft.ref, draft);
    const run: UnnamedRun = {
      ref: draft.ref,
      runId,
      beganAt: event.at,
      ...times,
      isLost: false,
      isRetrying: false,
    };
    this.#list.runs.push(run);
    return run;
  }

  async #add(event: RunEvent, run: UnnamedRun): Promise<void> {
    (await this.#draft(run))?.add(event);
  }

  /** The end that came first finds its start: one run, named by the start. */
  async #absorb(run: UnnamedRun, end: UnnamedRun): Promise<void> {
    const [draft, gone] = [await this.#draft(run), await this.#draft(end)];
    if (draft === null || gone === null) return;
    const kept = this.#table.merge(draft, gone);
    this.#drafts.set(run.ref, kept);
    this.#drafts.set(end.ref, kept);
    run.endedAt = end.endedAt;
    this.#list.runs.splice(this.#list.runs.indexOf(end), 1);
  }

  /** "It never said its end, and the next one has begun": Batchwatch's own word, at the time of that beginning. */
  async #lose(run: UnnamedRun, at: number, receivedAt: number): Promise<void> {
    const draft = await this.#draft(run);
    if (draft === null) return;
    run.isLost = true;
    draft.add({
      eventId: `replaced:${this.#job.id}:${run.runId}:${at}`,
      kind: "lost",
      job: {
        namespace: this.#job.namespace,
        environment: this.#job.environment,
        jobName: this.#job.jobName,
      },
      run: { by: "id", runId: run.runId },
      aliases: [],
      at,
      withinMs: 0,
      receivedAt,
      witness: "batchwatch",
      error: { type: "lost", message: "the next run started before this one had said its end" },
    });
  }

  async #draft(run: UnnamedRun): Promise<RunDraft | null> {
    const known = this.#drafts.get(run.ref);
    if (known !== undefined) return known;
    await this.#table.loadRows([run.ref]);
    return this.#table.byRow(run.ref);
  }
}

/** Started by pings alone, before the event, and not heard of as ended or lost. */
function isUnderWay(draft: RunDraft, end: RunEvent): boolean {
  if (draft.mergedInto !== null || isUnnamedRunId(draft.runId)) return false;
  const { marks, seen } = draft.facts;
  const before = marks.filter(({ at }) => at <= end.at);
  return (
    before.some(({ kind }) => kind === "started") &&
    Object.keys(seen).every((witness) => witness === end.witness || witness === "batchwatch") &&
    before.every(({ kind }) => kind === "started" || kind === "suspected")
  );
}

function roleOf(event: RunEvent): Role {
  if ((TERMINAL_EVENT_KINDS as ReadonlySet<string>).has(event.kind)) return "end";
  if (event.kind === "started") return "start";
  return event.kind === "queued" || event.kind === "scheduled" ? "announcement" : "sign";
}

/** In order of time; within one millisecond the end of the older run before the start of the next. */
function compareUnnamed(a: RunEvent, b: RunEvent): number {
  const rank = (event: RunEvent): number => ["announcement", "end", "start", "sign"].indexOf(roleOf(event));
  return a.at - b.at || rank(a) - rank(b) || compareText(a.eventId, b.eventId);
}

function latest(runs: readonly UnnamedRun[], holds: (run: UnnamedRun) => boolean): UnnamedRun | null {
  let found: UnnamedRun | null = null;
  for (const run of runs) if (holds(run) && (found === null || run.beganAt >= found.beganAt)) found = run;
  return found;
}

function earliest(runs: readonly UnnamedRun[], holds: (run: UnnamedRun) => boolean): UnnamedRun | null {
  let found: UnnamedRun | null = null;
  for (const run of runs) if (holds(run) && (found === null || run.beganAt < found.beganAt)) found = run;
  return found;
}
