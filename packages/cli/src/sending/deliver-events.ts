/**
 * Hands a batch to the server. A run is never lost for a bad setting or count: the server records the event without it and
 * names what it left out.
 */
import type { EventWarning, RunEventInput } from "@batchwatch/protocol/run-event";
import { type PostFailure, type PostOptions, postEvents } from "./post-events.ts";
import type { ServerTarget } from "./server-target.ts";

interface RefusedEvent {
  event: RunEventInput;
  message: string;
}

export type DeliveryOutcome =
  /** The server has all events but the refused ones; `leftOut` = fields that were wrong, `settingsRefused` = those of the job. */
  { kind: "delivered"; refused: RefusedEvent[]; settingsRefused: string[]; leftOut: string[] } | PostFailure;

export async function deliverEvents(
  target: ServerTarget,
  events: readonly RunEventInput[],
  options: PostOptions,
): Promise<DeliveryOutcome> {
  const outcome = await postEvents(target, events, options);
  if (outcome.kind !== "accepted") return outcome;
  const refused = outcome.rejected.flatMap(({ index, message }) => {
    const event = events[index];
    return event === undefined ? [] : [{ event, message }];
  });
  const { settings = [], other = [] } = Object.groupBy(outcome.warnings, ({ field }) =>
    field === "job" || field.startsWith("job.") ? "settings" : "other",
  );
  return { kind: "delivered", refused, settingsRefused: settings.map(asText), leftOut: other.map(asText) };
}

function asText({ field, message }: EventWarning): string {
  return `${field}: ${message}`;
}
