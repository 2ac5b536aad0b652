/**
 * The steps of a run from its marks, and the run's record figures (SEMANTICS section 3). Unreported is not zero, and
 * processed records are never summed over steps: 150 000 extracted, transformed and loaded are 150 000.
 */
import type { RecordCounts } from "@batchwatch/protocol";
import { sharpest, stepStart, type TimePoint } from "./project-attempts.ts";
import type { Step } from "./run.ts";
import { type CountFacts, compareText, countKey, type Mark, type RunFacts } from "./run-facts.ts";

/** When an attempt began; steps without a number belong to the last one that had begun. */
export interface AttemptStart {
  number: number;
  startedAt: number | null;
}

interface StepFacts {
  id: string;
  attempt: number;
  marks: Mark[];
}

export function projectSteps(facts: RunFacts, attempts: readonly AttemptStart[]): Step[] {
  const groups = new Map<string, StepFacts>();
  for (const mark of facts.marks) {
    if (mark.step === undefined || (mark.kind !== "step_started" && mark.kind !== "step_ended")) continue;
    const id = mark.step.id ?? mark.step.name;
    const attempt = mark.attempt ?? attemptAt(stepStart(mark), attempts);
    const key = countKey(attempt, id);
    const group = groups.get(key) ?? { id, attempt, marks: [] };
    groups.set(key, group);
    group.marks.push(mark);
  }
  return [...groups.values()].map((group) => projectStep(group, facts, attempts)).sort(compareSteps);
}

function attemptAt(at: number, attempts: readonly AttemptStart[]): number {
  let found = attempts[0]?.number ?? 1;
  for (const attempt of attempts)
    if (attempt.startedAt !== null && attempt.startedAt <= at) found = attempt.number;
  return found;
}

function projectStep(step: StepFacts, facts: RunFacts, attempts: readonly AttemptStart[]): Step {
  const ends = step.marks.filter((mark) => mark.kind === "step_ended");
  const starts: TimePoint[] = step.marks.flatMap((mark) => startOfStep(mark));
  const failure = firstBy(ends, (mark) => outcomeOf(mark) === "failure");
  const error = firstBy(ends, (mark) => mark.error !== undefined)?.error;
  const outcome = ends.length === 0 ? "running" : failure !== null ? "failure" : goodOutcome(ends);
  return {
    id: step.id,
    name: step.marks.map((mark) => mark.step?.name ?? step.id).sort(compareText)[0] ?? step.id,
    parentId:
      step.marks
        .flatMap((mark) => (mark.step?.parentId === undefined ? [] : [mark.step.parentId]))
        .sort(compareText)[0] ?? null,
    attempt: step.attempt,
    outcome,
    startedAt: sharpest(starts, "first")?.at ?? null,
    endedAt: sharpest(ends, "last")?.at ?? null,
    records: recordsOfStep(step, facts, attempts),
    errorType: failure === null ? null : (error?.type ?? null),
    errorMessage: failure === null ? null : (error?.message ?? null),
  };
}

function startOfStep(mark: Mark): TimePoint[] {
  if (mark.startedAt !== undefined) return [{ at: mark.startedAt, withinMs: 0 }];
  if (mark.kind === "step_started" || mark.durationMs !== undefined)
    return [{ at: stepStart(mark), withinMs: mark.withinMs }];
  return [];
}

function outcomeOf(mark: Mark): "success" | "failure" | "skipped" {
  return mark.step?.outcome ?? (mark.error === undefined ? "success" : "failure");
}

function goodOutcome(ends: readonly Mark[]): "success" | "skipped" {
  return ends.some((mark) => outcomeOf(mark) === "success") ? "success" : "skipped";
}

/** The first in an order that does not depend on that of arrival. */
function firstBy(marks: readonly Mark[], holds: (mark: Mark) => boolean): Mark | null {
  return marks.filter(holds).sort((a, b) => a.at - b.at || compareText(a.eventId, b.eventId))[0] ?? null;
}

/** Figures of marks and running totals alike: the latest of each field. */
function recordsOfStep(step: StepFacts, facts: RunFacts, attempts: readonly AttemptStart[]): RecordCounts {
  const latest = new Map<string, { value: number; at: number }>();
  const take = (field: string, value: number | undefined, at: number): void => {
    const known = latest.get(field);
    if (value === undefined) return;
    if (known === undefined || at > known.at || (at === known.at && value > known.value))
      latest.set(field, { value, at });
  };
  for (const mark of step.marks)
    for (const [field, value] of Object.entries({ ...mark.step?.records, ...mark.records }))
      take(field, value, mark.at);
  const said = facts.counts[countKey(step.attempt, step.id)] ?? {};
  for (const [field, count] of Object.entries(said)) take(field, count.value, count.at);
  const unnumbered = facts.counts[countKey(undefined, step.id)] ?? {};
  for (const [field, count] of Object.entries(unnumbered))
    if (attemptAt(count.at, attempts) === step.attempt) take(field, count.value, count.at);
  return Object.fromEntries([...latest].map(([field, { value }]) => [field, value]));
}

function compareSteps(a: Step, b: Step): number {
  return (
    a.attempt - b.attempt ||
    (a.startedAt ?? a.endedAt ?? 0) - (b.startedAt ?? b.endedAt ?? 0) ||
    compareText(a.id, b.id)
  );
}

// ── the run's own figures ───────────────────────────────────────────────────────────────────────────

const STAGES = ["extracted", "transformed", "loaded"] as const;

export interface RunRecords {
  processed: number | null;
  failed: number | null;
  /** Without those of its steps. */
  stages: RecordCounts;
}

/**
 * Of the last attempt. Processed: what its end said; else the run's running total; else the last step that reports
 * `loaded` or `processed`; else the count of its progress reports. Failed: what its end said; else the running total;
 * else the sum over its steps, for a record fails in one step only.
 */
export function projectRecords(
  facts: RunFacts,
  attempt: AttemptStart | null,
  isFirst: boolean,
  ends: readonly Mark[],
  steps: readonly Step[],
): RunRecords {
  const since = isFirst ? Number.NEGATIVE_INFINITY : (attempt?.startedAt ?? Number.NEGATIVE_INFINITY);
  const running = facts.counts[countKey(undefined, null)];
  const own = steps.filter((step) => attempt === null || step.attempt === attempt.number);
  return {
    processed:
      figureAtEnd(ends, "processed") ??
      figureSince(running, "processed", since) ??
      figureAtEnd(ends, "loaded") ??
      figureSince(running, "loaded", since) ??
      lastStepFigure(own) ??
      progressCount(facts, attempt, since),
    failed: figureAtEnd(ends, "failed") ?? figureSince(running, "failed", since) ?? sumOfFailed(own),
    stages: Object.fromEntries(
      STAGES.flatMap((stage) => {
        const figure = figureAtEnd(ends, stage) ?? figureSince(running, stage, since);
        return figure === null ? [] : [[stage, figure]];
      }),
    ),
  };
}

function figureAtEnd(ends: readonly Mark[], field: keyof RecordCounts): number | null {
  let best: { value: number; at: number } | null = null;
  for (const { records, at } of ends) {
    const value = records?.[field];
    if (value === undefined) continue;
    if (best === null || at > best.at || (at === best.at && value > best.value)) best = { value, at };
  }
  return best?.value ?? null;
}

function figureSince(
  counts: CountFacts | undefined,
  field: keyof RecordCounts,
  since: number,
): number | null {
  const count = counts?.[field];
  return count !== undefined && count.at >= since ? count.value : null;
}

function lastStepFigure(steps: readonly Step[]): number | null {
  const byEnd = steps.toSorted(
    (a, b) => (a.endedAt ?? a.startedAt ?? 0) - (b.endedAt ?? b.startedAt ?? 0) || compareText(a.id, b.id),
  );
  for (const { records } of byEnd.reverse()) {
    const figure = records.loaded ?? records.processed;
    if (figure !== undefined) return figure;
  }
  return null;
}

function progressCount(facts: RunFacts, attempt: AttemptStart | null, since: number): number | null {
  const counts = [facts.progress[`${attempt?.number ?? 1}/`], facts.progress["0/"]].flatMap((count) =>
    count !== undefined && count.at >= since ? [count.value] : [],
  );
  return counts.length === 0 ? null : Math.max(...counts);
}

function sumOfFailed(steps: readonly Step[]): number | null {
  const figures = steps.flatMap((step) => (step.records.failed === undefined ? [] : [step.records.failed]));
  return figures.length === 0 ? null : figures.reduce((sum, failed) => sum + failed, 0);
}
