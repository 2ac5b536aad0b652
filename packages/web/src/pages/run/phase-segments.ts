/** A run's way from its slot to its end, cut where something changed: waits and attempts. Pure. */
import { isTerminalPhase } from "@batchwatch/protocol/phases";
import type { RunDetail } from "../../api/resources.ts";
import type { OutcomeLook } from "../../components/outcome.ts";
import { phaseLook } from "../../components/outcome.ts";

export interface PhaseSegment {
  name: string;
  kind: "wait" | "work";
  look: OutcomeLook | null;
  fromAt: number;
  /** Null = it is going on. */
  toAt: number | null;
  durationMs: number;
  /** Share of the bar: square root of the time, so that a short wait beside a long run can still be seen. */
  weight: number;
}

const LEAST_WEIGHT_RATIO = 0.06;

type Timed = Pick<RunDetail, "phase" | "scheduledAt" | "queuedAt" | "startedAt" | "completedAt" | "attempts">;

export function phaseSegments(run: Timed, nowAt: number): PhaseSegment[] {
  const segments: Omit<PhaseSegment, "weight">[] = [];
  const endAt = parse(run.completedAt);
  const startAt = parse(run.startedAt);
  const queuedAt = parse(run.queuedAt);
  const ended = isTerminalPhase(run.phase);
  const push = (
    name: string,
    kind: PhaseSegment["kind"],
    look: OutcomeLook | null,
    fromAt: number | null,
    toAt: number | null,
  ) => {
    if (fromAt === null || (toAt === null && ended)) return;
    const durationMs = (toAt ?? nowAt) - fromAt;
    // A slot can lie after the start (a run that came early): there was no wait then.
    if (durationMs < 0 || (durationMs === 0 && kind === "wait")) return;
    segments.push({ name, kind, look, fromAt, toAt, durationMs });
  };
  push("scheduled", "wait", null, parse(run.scheduledAt), queuedAt ?? startAt ?? endAt);
  push("queued", "wait", null, queuedAt, startAt ?? endAt);
  pushWork(run, startAt, endAt, push);
  return weighed(segments);
}

type Push = (
  name: string,
  kind: PhaseSegment["kind"],
  look: OutcomeLook | null,
  fromAt: number | null,
  toAt: number | null,
) => void;

function pushWork(run: Timed, startAt: number | null, endAt: number | null, push: Push): void {
  const attempts = run.attempts.filter((attempt) => attempt.startedAt !== null);
  if (attempts.length < 2) {
    push(
      isTerminalPhase(run.phase) ? "ran" : phaseLook(run.phase).word,
      "work",
      phaseLook(run.phase),
      startAt,
      endAt,
    );
    return;
  }
  let lastEnd: number | null = null;
  for (const attempt of attempts) {
    const from = parse(attempt.startedAt);
    const to = parse(attempt.endedAt);
    if (lastEnd !== null) push("retrying", "wait", null, lastEnd, from);
    push(`attempt ${attempt.number}`, "work", phaseLook(attempt.phase), from, to);
    lastEnd = to;
  }
}

function weighed(segments: readonly Omit<PhaseSegment, "weight">[]): PhaseSegment[] {
  const roots = segments.map((segment) => Math.sqrt(segment.durationMs));
  const total = roots.reduce((sum, root) => sum + root, 0);
  return segments.map((segment, index) => ({
    ...segment,
    weight: total === 0 ? 1 : Math.max(LEAST_WEIGHT_RATIO, (roots[index] ?? 0) / total),
  }));
}

function parse(at: string | null): number | null {
  return at === null ? null : Date.parse(at);
}
