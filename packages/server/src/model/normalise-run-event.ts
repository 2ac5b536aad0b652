/** A checked wire event as the server's own run event. Pure, but for the hash of its content. */
import { hash } from "node:crypto";
import type { ReadRunEvent } from "@batchwatch/protocol";
import { type RunAlias, spanAlias, traceAlias } from "./identity.ts";
import { repeatableEventId } from "./repeated-event.ts";
import type { RunEvent } from "./run-event.ts";

/** 128 bits of a SHA-256, in hexadecimal digits: no two events of a ledger share it by chance, and it is stored as its bytes. */
const EVENT_ID_CHARACTERS = 32;

export function normaliseRunEvent(
  input: ReadRunEvent,
  received: { at: number; namespace: string | null; sentAt?: number | null },
): RunEvent {
  const {
    id,
    namespace,
    environment,
    jobName,
    runId,
    at,
    witness,
    output,
    outputTruncated: _outputTruncated,
    parentSpanId: _parentSpanId,
    ...rest
  } = input;
  const job = {
    namespace: namespace || received.namespace || "default",
    environment: environment ?? "",
    jobName,
  };
  const content: Omit<RunEvent, "eventId" | "receivedAt"> = {
    ...withoutEmpty(rest),
    job,
    run: runId === undefined ? { by: "unnamed" } : { by: "id", runId },
    aliases: aliasesOf(input),
    at: at ?? received.at,
    withinMs: 0,
    witness: witness ?? "api",
    ...(output === undefined || output === "" ? {} : { message: output }),
  };
  const { sentAt = null } = received;
  return {
    ...content,
    eventId: eventIdOf(input, content),
    receivedAt: received.at,
    // Without a time of its own the event has ours.
    ...(sentAt === null || at === undefined ? {} : { clockOffsetMs: received.at - sentAt }),
  };
}

function eventIdOf(
  { id, at, runId }: ReadRunEvent,
  content: Omit<RunEvent, "eventId" | "receivedAt">,
): string {
  const identity = id === undefined ? content : [content.job, runId ?? null, id];
  const unique = hash("sha256", JSON.stringify(identity), "hex").slice(0, EVENT_ID_CHARACTERS);
  // With neither an id nor a time, a repeated delivery looks like another event.
  return id === undefined && at === undefined
    ? repeatableEventId(JSON.stringify({ ...content, at: null }), unique)
    : unique;
}

/** The run's own span, or one inside it, and the one that it was handed over in; a trace alone is only a hint. */
function aliasesOf({ traceId, spanId, parentSpanId }: ReadRunEvent): RunAlias[] {
  if (traceId === undefined) return [];
  if (spanId === undefined) return [traceAlias(traceId)];
  const own = spanAlias(traceId, spanId);
  return parentSpanId === undefined ? [own] : [own, spanAlias(traceId, parentSpanId)];
}

function withoutEmpty<
  T extends { jobType?: string | undefined; host?: string | undefined; signal?: string | undefined },
>(event: T): T {
  const kept = { ...event };
  for (const name of ["jobType", "host", "signal"] as const) if (kept[name] === "") delete kept[name];
  return kept;
}
