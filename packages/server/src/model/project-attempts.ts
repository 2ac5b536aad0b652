/**
 * Tells the attempts of a run from its marks (SEMANTICS section 2). The marks are walked in the order in which they
 * happened; a number that a source gave wins, and without numbers a start after an end, or after `retrying`, opens
 * the next attempt, while a second start inside an open one is another witness of the same.
 */
import { compareText, type Mark, type RunFacts } from "./run-facts.ts";

export interface TimePoint {
  at: number;
  /** How far it may be off; 0 = exact. */
  withinMs: number;
  /** Who said so, where one did. */
  witness?: string;
}

export interface AttemptFacts {
  number: number;
  starts: TimePoint[];
  /** Witnesses' ends: completed, failed, dead_lettered, cancelled, skipped. */
  ends: Mark[];
  firstStepAt: number | null;
  queuedAt: number | null;
  /** Latest `retrying`: the attempt has failed, another is to come. */
  retryingAt: number | null;
  /** Batchwatch's own latest word; its `at` is the evidence time: everything up to then was considered. */
  lost: Mark | null;
  finalisedAt: number | null;
}

type Role = "queued" | "start" | "step" | "failure" | "retrying" | "end" | "own";

interface Point extends TimePoint {
  role: Role;
  mark: Mark;
}

export function attemptsOf(facts: RunFacts): AttemptFacts[] {
  const points = pointsOf(facts.marks);
  const walk = new AttemptWalk(points);
  for (let from = 0; from < points.length; ) {
    const at = points[from]?.at;
    let to = from + 1;
    while (points[to]?.at === at) to += 1;
    for (const point of inOrderOfCause(points.slice(from, to), walk)) walk.take(point);
    from = to;
  }
  if (facts.activity !== null && walk.isEmpty) walk.open(1);
  return walk.attempts();
}

function pointsOf(marks: readonly Mark[]): Point[] {
  const points: Point[] = [];
  for (const mark of marks) points.push(...pointsOfMark(mark, marks));
  return points.sort((a, b) => a.at - b.at || compareText(a.mark.eventId, b.mark.eventId));
}

function pointsOfMark(mark: Mark, marks: readonly Mark[]): Point[] {
  const { at, withinMs } = mark;
  switch (mark.kind) {
    case "queued":
      return [{ role: "queued", at, withinMs, mark }];
    case "started":
      return [{ role: "start", ...(startSaid(mark) ?? { at, withinMs }), mark }];
    case "step_started":
    case "step_ended":
      return [{ role: "step", at: stepStart(mark), withinMs, mark }];
    case "completed":
    case "failed":
    case "cancelled":
    case "skipped":
    case "dead_lettered": {
      const end: Point = { role: mark.kind === "failed" ? "failure" : "end", at, withinMs, mark };
      const start = startSaid(mark) ?? startMeasured(mark, marks);
      return start === null || start.at > at ? [end] : [{ role: "start", ...start, mark }, end];
    }
    case "retrying":
      return [{ role: "retrying", at, withinMs, mark }];
    case "lost":
    case "finalised":
      return [{ role: "own", at, withinMs, mark }];
    default:
      return [];
  }
}

function startSaid(mark: Mark): TimePoint | null {
  return mark.startedAt === undefined ? null : { at: mark.startedAt, withinMs: 0 };
}

/** The sender's steady clock tells the start only where that sender told none. */
function startMeasured(mark: Mark, marks: readonly Mark[]): TimePoint | null {
  if (mark.durationMs === undefined || mark.kind === "skipped" || mark.kind === "dead_lettered") return null;
  const told = marks.some(
    (other) =>
      other.witness === mark.witness &&
      (other.kind === "started" || (other.startedAt !== undefined && other.step === undefined)),
  );
  return told ? null : { at: mark.at - mark.durationMs, withinMs: mark.withinMs };
}

export function stepStart(mark: Mark): number {
  if (mark.kind === "step_started") return mark.startedAt ?? mark.at;
  if (mark.startedAt !== undefined) return Math.min(mark.startedAt, mark.at);
  return mark.durationMs === undefined ? mark.at : mark.at - mark.durationMs;
}

/**
 * What happened in the same millisecond. Where an attempt is already under way: its failure, then the retry, then
 * that one's end. Otherwise an attempt of no length: its start, then its end.
 */
function inOrderOfCause(points: readonly Point[], walk: AttemptWalk): readonly Point[] {
  if (points.length < 2) return points;
  const underWay = walk.isUnderWay;
  const order: readonly Role[] = underWay
    ? ["failure", "retrying", "queued", "start", "step", "end", "own"]
    : ["queued", "start", "step", "failure", "retrying", "end", "own"];
  return points.toSorted(
    (a, b) => order.indexOf(a.role) - order.indexOf(b.role) || compareText(a.mark.eventId, b.mark.eventId),
  );
}

class AttemptWalk {
  readonly #attempts = new Map<number, AttemptFacts>();
  readonly #lastEndAt: number;
  #current = 0;

  constructor(points: readonly Point[]) {
    this.#lastEndAt = points.reduce(
      (last, point) => (isEnd(point) ? Math.max(last, point.at) : last),
      Number.NEGATIVE_INFINITY,
    );
  }

  get isEmpty(): boolean {
    return this.#attempts.size === 0;
  }

  get isUnderWay(): boolean {
    const attempt = this.#attempts.get(this.#current);
    return attempt !== undefined && attempt.starts.length > 0 && attempt.ends.length === 0;
  }

  take(point: Point): void {
    const attempt = this.open(this.#numberOf(point));
    const { mark, at } = point;
    switch (point.role) {
      case "queued":
        attempt.queuedAt = Math.max(attempt.queuedAt ?? at, at);
        break;
      case "start":
        attempt.starts.push({ at, withinMs: point.withinMs, witness: mark.witness });
        break;
      case "step":
        attempt.firstStepAt = Math.min(attempt.firstStepAt ?? at, at);
        break;
      case "failure":
      case "end":
        attempt.ends.push(mark);
        break;
      case "retrying":
        attempt.retryingAt = Math.max(attempt.retryingAt ?? at, at);
        break;
      case "own":
        if (mark.kind === "lost") attempt.lost = mark;
        else attempt.finalisedAt = Math.max(attempt.finalisedAt ?? at, at);
        break;
    }
  }

  open(number: number): AttemptFacts {
    this.#current = Math.max(this.#current, number);
    const known = this.#attempts.get(number);
    if (known !== undefined) return known;
    const attempt: AttemptFacts = {
      number,
      starts: [],
      ends: [],
      firstStepAt: null,
      queuedAt: null,
      retryingAt: null,
      lost: null,
      finalisedAt: null,
    };
    this.#attempts.set(number, attempt);
    return attempt;
  }

  attempts(): AttemptFacts[] {
    return [...this.#attempts.values()].sort((a, b) => a.number - b.number);
  }

  #numberOf(point: Point): number {
    const said = point.mark.attempt;
    if (said !== undefined) {
      // "retrying, attempt 2" before anything of 2 was seen announces it: it is the one before that failed.
      const announces = point.role === "retrying" && said > 1 && !this.#attempts.has(said);
      return announces ? said - 1 : said;
    }
    const current = this.#attempts.get(this.#current);
    if (current === undefined) return 1;
    return point.role === "start" && this.#opensNext(current, point) ? current.number + 1 : current.number;
  }

  #opensNext(current: AttemptFacts, start: Point): boolean {
    if (current.retryingAt !== null || current.lost !== null) return true;
    const end = sharpest(current.ends, "first");
    if (end === null || start.at - start.withinMs < end.at) return false;
    // An end without a start, and no end after this start: clocks that disagree, not another attempt.
    if (current.starts.length === 0 && current.firstStepAt === null) return this.#lastEndAt >= start.at;
    return true;
  }
}

function isEnd(point: Point): boolean {
  return point.role === "end" || point.role === "failure";
}

/** The most exact of several; of equally exact ones the first or the last. */
export function sharpest<T extends TimePoint>(points: readonly T[], prefer: "first" | "last"): T | null {
  let best: T | null = null;
  for (const point of points) {
    if (best === null || point.withinMs < best.withinMs) best = point;
    else if (
      point.withinMs === best.withinMs &&
      (prefer === "first" ? point.at < best.at : point.at > best.at)
    )
      best = point;
  }
  return best;
}
