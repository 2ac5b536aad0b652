/**
 * heartbeat_missing: a run that beats (or is declared to) has been silent for longer than its limit. First the run is
 * suspect; when the silence lasts, it is lost, which changes the words of this fact and adds none.
 */
import { formatDuration } from "@batchwatch/protocol";
import { instantText } from "../../lib/calendar/time-text.ts";
import type { Run } from "../../model/run.ts";
import type { Finding, RunContext, RunDetector } from "./detector.ts";
import { whenRunEnds, whenRunSucceeds } from "./mending.ts";
import { type Silence, silenceOf } from "./silence.ts";

const LOST = "The run is lost";

export const heartbeatMissing: RunDetector = {
  type: "heartbeat_missing",
  examine(context) {
    const silence = silenceOf(context);
    return silence === null || context.now <= silence.suspectAt ? null : silentFinding(context, silence);
  },
  nextLook(context) {
    const silence = silenceOf(context);
    if (silence === null) return null;
    if (context.now <= silence.suspectAt) return { kind: "run_heartbeat", at: silence.suspectAt + 1 };
    return { kind: "run_lost", at: silence.lostAt + 1 };
  },
  mends(context) {
    const { run, zone } = context;
    if (run.phase === "lost" || !context.isOwn) return whenRunSucceeds(context);
    const ended = whenRunEnds(context);
    if (ended !== null)
      return context.judgement.explanation.startsWith(LOST)
        ? `The run had been declared lost, but its end arrived late. ${ended}`
        : ended;
    const silence = silenceOf(context);
    if (silence === null || context.now > silence.suspectAt) return null;
    return `The run gave a sign of life again at ${instantText(silence.since, zone)}.`;
  },
};

/** The words once the run is declared lost. */
export function lostExplanation(run: Run, zone: string): string {
  const sign = run.lastBeatAt === null ? run.lastEventAt : Math.max(run.lastBeatAt, run.lastEventAt);
  return `${LOST}: its last sign of life came at ${instantText(sign, zone)}, and it never ended.`;
}

function silentFinding({ run, zone, now }: RunContext, silence: Silence): Finding {
  const silentMs = now - silence.since;
  const sign =
    run.lastBeatAt === null && silence.since <= (run.runningSinceAt ?? silence.since)
      ? `no heartbeat since its start at ${instantText(silence.since, zone)}`
      : `no sign of life since ${instantText(silence.since, zone)}`;
  return {
    at: silence.suspectAt,
    limitText: silence.limitText,
    valueText: `silent for ${formatDuration(silentMs)}`,
    explanation: `The run has given ${sign}; at most ${formatDuration(silence.limitMs)} of silence is allowed.`,
    byAbsence: true,
  };
}
