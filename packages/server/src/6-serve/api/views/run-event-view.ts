/** A run event in words, and what it carried. Pure. */
import {
  exitStatusText,
  failureText,
  formatDuration,
  type RecordCounts,
  type runEventViewSchema,
} from "@batchwatch/protocol";
import type { z } from "zod";
import type { RunEvent } from "../../../model/run-event.ts";
import { instant } from "./instants.ts";
import { asSentence, countText, recordsText, shortText } from "./words.ts";

export type RunEventView = z.infer<typeof runEventViewSchema>;

/** Told by their own fields, or ours alone. */
const NOT_PAYLOAD: ReadonlySet<string> = new Set([
  "eventId",
  "kind",
  "job",
  "run",
  "aliases",
  "at",
  "receivedAt",
  "witness",
  "attempt",
  "clockOffsetMs",
  "heardUntil",
]);
/** Decided that much later, both times are worth a word. */
const DECIDED_LATE_MS = 60_000;

export function runEventView(event: RunEvent): RunEventView {
  return {
    id: event.eventId,
    kind: event.kind,
    at: instant(event.at),
    receivedAt: instant(event.receivedAt),
    witness: event.witness,
    attempt: event.attempt ?? null,
    summary: summaryOf(event),
    payload: Object.fromEntries(
      Object.entries(event).filter(([name, value]) => !NOT_PAYLOAD.has(name) && value !== undefined),
    ),
  };
}

function summaryOf(event: RunEvent): string {
  switch (event.kind) {
    case "scheduled":
      return event.scheduledAt === undefined ? "Announced." : `Announced for ${instant(event.scheduledAt)}.`;
    case "queued":
      return "Queued.";
    case "started":
      return event.attempt !== undefined && event.attempt > 1
        ? `Attempt ${event.attempt} started.`
        : "Started.";
    case "heartbeat":
      return `Heartbeat${progressText(event)}.`;
    case "progress":
      return progressText(event) === "" ? "Progress." : `Progress${progressText(event)}.`;
    case "step_started":
      return `Step ${stepName(event)} started.`;
    case "step_ended":
      return stepEndText(event);
    case "records":
      return asSentence(`Records: ${recordCountsText(event.records) || "none named"}`);
    case "completed":
      return `Completed${tookText(event)}${withRecords(event)}.`;
    case "failed":
      return failedText(event);
    case "retrying":
      return "Another attempt is to come.";
    case "dead_lettered":
      return asSentence(`No retries left${becauseText(event)}`);
    case "cancelled":
      return asSentence(`Cancelled${becauseText(event)}`);
    case "skipped":
      return asSentence(`Skipped${becauseText(event)}`);
    case "log":
      return event.message === undefined ? "A log line." : shortText(event.message);
    case "suspected":
      return `${asSentence(`Batchwatch suspects that it is dead${becauseText(event)}`)}${decidedText(event)}`;
    case "lost":
      return `${asSentence(`Batchwatch declared it lost${becauseText(event)}`)}${decidedText(event)}`;
    case "finalised":
      return asSentence(`Batchwatch settled its outcome${becauseText(event)}`);
  }
}

/** After a downtime of ours, say. */
function decidedText({ heardUntil, receivedAt }: RunEvent): string {
  const laterMs = heardUntil === undefined ? 0 : receivedAt - heardUntil;
  return laterMs < DECIDED_LATE_MS
    ? ""
    : ` That was decided ${formatDuration(laterMs)} later, at ${instant(receivedAt)}.`;
}

function failedText(event: RunEvent): string {
  const which = event.attempt === undefined ? "Failed" : `Attempt ${event.attempt} failed`;
  const fate = event.final === false ? " A retry is to come." : "";
  return `${asSentence(`${which}${tookText(event)}${withRecords(event)}${becauseText(event)}`)}${fate}`;
}

function stepEndText(event: RunEvent): string {
  const outcome = event.step?.outcome;
  const ended =
    outcome === "failure"
      ? "failed"
      : outcome === "skipped"
        ? "was skipped"
        : outcome === "success"
          ? "ended well"
          : "ended";
  const records = recordCountsText(event.step?.records ?? event.records);
  const counts = records === "" ? "" : `, ${records}`;
  return asSentence(`Step ${stepName(event)} ${ended}${tookText(event)}${counts}${becauseText(event)}`);
}

function stepName(event: RunEvent): string {
  return event.step?.name ?? "without a name";
}

function tookText(event: RunEvent): string {
  return event.durationMs === undefined ? "" : ` after ${formatDuration(event.durationMs)}`;
}

function withRecords(event: RunEvent): string {
  const counts = recordCountsText(event.records);
  return counts === "" ? "" : `, ${counts}`;
}

function recordCountsText(records: RecordCounts | undefined): string {
  if (records === undefined) return "";
  return (["processed", "failed", "extracted", "transformed", "loaded"] as const)
    .flatMap((name) => {
      const count = records[name];
      return count === undefined ? [] : [`${countText(count)} ${name}`];
    })
    .join(", ");
}

function progressText(event: RunEvent): string {
  const { processed, total, rate, message } = event.progress ?? {};
  const parts = [
    processed === undefined
      ? ""
      : total === undefined
        ? recordsText(processed)
        : `${countText(processed)} of ${recordsText(total)}`,
    rate === undefined ? "" : `${countText(rate)} records/s`,
    message === undefined ? "" : shortText(message),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}

function becauseText(event: RunEvent): string {
  const status = { exitCode: event.exitCode ?? null, signal: event.signal ?? null };
  // The message of an end is its output: only where nothing else is said is it the likeliest reason.
  const message = exitStatusText(status) === null ? event.message : undefined;
  const said = event.error?.message ?? event.error?.type ?? message;
  const errorMessage = said === undefined || said === "" ? null : said;
  const text = failureText({ errorType: null, errorMessage, ...status });
  return text === null ? "" : `: ${shortText(text)}`;
}
