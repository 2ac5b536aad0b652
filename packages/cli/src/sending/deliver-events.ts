/**
 * Hands a batch to the server so that a run is never lost for a bad setting: an event that was refused with settings
 * of the job (a mistyped cron expression, say) is sent once more without them.
 */
import type { RunEventInput } from "@batchwatch/protocol/run-event";
import { type PostFailure, type PostOptions, postEvents } from "./post-events.ts";
import type { ServerTarget } from "./server-target.ts";

interface RefusedEvent {
  event: RunEventInput;
  message: string;
}

export type DeliveryOutcome =
  /** The server has all events but the refused ones; `settingsRefused` = recorded, but without their settings. */
  { kind: "delivered"; refused: RefusedEvent[]; settingsRefused: string[] } | PostFailure;

export async function deliverEvents(
  target: ServerTarget,
  events: readonly RunEventInput[],
  options: PostOptions,
): Promise<DeliveryOutcome> {
  const first = await postEvents(target, events, options);
  if (first.kind !== "accepted") return first;
  const rejections = first.rejected.flatMap(({ index, message }) => {
    const event = events[index];
    return event === undefined ? [] : [{ event, message }];
  });
  const withSettings = rejections.filter(({ event }) => event.job !== undefined);
  const refused = rejections.filter(({ event }) => event.job === undefined);
  if (withSettings.length === 0) return { kind: "delivered", refused, settingsRefused: [] };
  const bare = withSettings.map(({ event: { job: _settings, ...rest } }) => rest);
  const second = await postEvents(target, bare, options);
  if (second.kind !== "accepted") return second;
  const stillRefused = new Map(second.rejected.map(({ index, message }) => [index, message]));
  const settingsRefused: string[] = [];
  withSettings.forEach(({ event, message }, index) => {
    const again = stillRefused.get(index);
    if (again === undefined) settingsRefused.push(message);
    else refused.push({ event, message: again });
  });
  return { kind: "delivered", refused, settingsRefused };
}
