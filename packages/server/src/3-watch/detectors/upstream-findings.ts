/** What upstream_late and upstream_failed share: the upstreams in a state, in words, of a run that began or a slot that waits. */
import type { FactType } from "@batchwatch/protocol";
import { besideText, instantText } from "../../lib/calendar/time-text.ts";
import type { UpstreamState } from "../upstreams/upstream-state.ts";
import type { Finding, MendContext, RunContext, RunDetector, SlotContext, SlotDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

const NAMED = 3;

interface UpstreamKind {
  type: FactType;
  slotKind: "slot_upstream_late" | "slot_upstream_failed";
  state: UpstreamState["state"];
  byAbsence: boolean;
}

/** A run that begins without its upstream works on old data; a slot whose run does not begin is probably waiting for it. */
export function upstreamDetectors(kind: UpstreamKind): { ofRun: RunDetector; ofSlot: SlotDetector } {
  const examineRun = (context: RunContext): Finding | null => {
    const { run, zone } = context;
    const at = run.startedAt ?? run.completedAt;
    const words = wordsOf(context.upstreams, kind.state);
    if (at === null || words === null || run.phase === "cancelled" || run.phase === "skipped") return null;
    return {
      at,
      limitText: `${words.names} succeeded before the start`,
      valueText: words.states,
      explanation: `The run started at ${instantText(at, zone)}, but ${words.sentence}.`,
      byAbsence: kind.byAbsence,
    };
  };
  const mends = (context: MendContext) => whenInsideLimits(context, examineRun);
  return {
    ofRun: { type: kind.type, examine: examineRun, mends },
    ofSlot: {
      type: kind.type,
      kind: kind.slotKind,
      limitAt: (slot, job) => (job.settings.upstreams.length === 0 ? null : slot.lateAt),
      examine: (context) => examineSlot(context, kind),
      mends,
      wantsUpstreams: true,
    },
  };
}

/** A run that has begun is judged by its own start. */
function examineSlot(context: SlotContext, kind: UpstreamKind): Finding | null {
  const { slot, run, zone, uptime, now } = context;
  const words = wordsOf(context.upstreams, kind.state);
  if (run !== null || words === null || now <= slot.lateAt) return null;
  if (slot.state === "skipped" || slot.state === "unknown" || uptime.coversAll(slot.slotAt, slot.lateAt))
    return null;
  return {
    at: slot.lateAt,
    limitText: `${words.names} succeeded by ${instantText(slot.lateAt, zone)}`,
    valueText: words.states,
    explanation: `The slot of ${instantText(slot.slotAt, zone)} had no run by ${besideText(slot.lateAt, zone, slot.slotAt)}, and ${words.sentence}.`,
    byAbsence: true,
  };
}

function wordsOf(
  upstreams: readonly UpstreamState[],
  state: UpstreamState["state"],
): { names: string; states: string; sentence: string } | null {
  const found = upstreams.filter((upstream) => upstream.state === state);
  if (found.length === 0) return null;
  const named = found.slice(0, NAMED);
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : "";
  return {
    names: named.map(({ jobName }) => jobName).join(", ") + more,
    states: named.map(({ jobName, words }) => `${jobName} ${words}`).join(", ") + more,
    sentence: named.map(({ jobName, words }) => `its upstream ${jobName} ${words}`).join(", ") + more,
  };
}
