/** A ping as a run event. Pure. Without `rid` the run is the one of (job, time): SEMANTICS section 2. */
import type { RunEventKind } from "@batchwatch/protocol";
import type { JobKey } from "../../model/identity.ts";
import { repeatableEventId } from "../../model/repeated-event.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { Ping, PingAction } from "./parse-ping.ts";
import type { PingBody } from "./ping-body.ts";

const MAX_REASON_CHARACTERS = 300;

/**
 * The body goes along as the event's message, which the ledger puts into the run's log.
 * @param sent.unique 24 hexadecimal digits at least; @param sent.client where it came from, to tell a repetition from another's ping
 */
export function pingEvent(
  ping: Pick<Ping, "action" | "rid">,
  job: JobKey,
  body: PingBody | null,
  sent: { unique: string; at: number; client: string; userAgent: string | null },
): RunEvent {
  const exitCode = ping.action.kind === "exit" ? ping.action.exitCode : null;
  const failed = ping.action.kind === "fail" || (exitCode !== null && exitCode !== 0);
  const text = body === null || body.text === "" ? null : body.text;
  return {
    eventId: repeatableEventId(
      JSON.stringify([ping.action, ping.rid, text, sent.client, sent.userAgent]),
      sent.unique,
    ),
    kind: kindOf(ping.action),
    job,
    run: ping.rid === null ? { by: "unnamed" } : { by: "id", runId: ping.rid },
    aliases: [],
    at: sent.at,
    withinMs: 0,
    receivedAt: sent.at,
    witness: "ping",
    ...(exitCode === null ? {} : { exitCode }),
    ...(failed ? failureOf(exitCode, text) : {}),
    ...(sent.userAgent === null ? {} : { metadata: { user_agent: sent.userAgent } }),
    ...(text === null ? {} : { message: text }),
  };
}

function kindOf(action: PingAction): RunEventKind {
  switch (action.kind) {
    case "success":
      return "completed";
    case "start":
      return "started";
    case "fail":
      return "failed";
    case "log":
      return "log";
    case "exit":
      return action.exitCode === 0 ? "completed" : "failed";
  }
}

/** The last line of what the job said is the likeliest reason; the exit status speaks for itself. */
function failureOf(exitCode: number | null, text: string | null): Pick<RunEvent, "error"> {
  const lastLine = text?.trimEnd().split("\n").at(-1)?.trim() ?? "";
  if (lastLine !== "") return { error: { message: lastLine.slice(0, MAX_REASON_CHARACTERS) } };
  return exitCode === null ? { error: { message: "the job reported a failure" } } : {};
}
