/**
 * Hands a batch to the server so that a run is never lost for a bad setting or count: the server records the event without it and
 * names what it left out. An older server refuses such an event; one with settings of the job is then sent once more without
 * them.
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
  const first = await postEvents(target, events, options);
  if (first.kind !== "accepted") return first;
  const { settings = [], other = [] } = Object.groupBy(first.warnings, ({ field }) =>
    field === "job" || field.startsWith("job.") ? "settings" : "other",
  );
  const settingsRefused = settings.map(asText);
  const leftOut = other.map(asText);
  const rejections = first.rejected.flatMap(({ index, message }) => {
    const event = events[index];
    return event === undefined ? [] : [{ event, message }];
  });
  const withSettings = rejections.filter(({ event }) => event.job !== undefined);
  const refused = rejections.filter(({ event }) => event.job === undefined);
  if (withSettings.length === 0) return { kind: "delivered", refused, settingsRefused, leftOut };
  const bare = withSettings.map(({ event: { job: _settings, ...rest } }) => rest);
  const second = await postEvents(target, bare, options);
  if (second.kind !== "accepted") return second;
  const stillRefused = new Map(second.rejected.map(({ index, message }) => [index, message]));
  withSettings.forEach(({ event, message }, index) => {
    const again = stillRefused.get(index);
    if (again === undefined) settingsRefused.push(message);
    else refused.push({ event, message: again });
  });
  return { kind: "delivered", refused, settingsRefused, leftOut };
}

function asText({ field, message }: EventWarning): string {
  return `${field}: ${message}`;
}
