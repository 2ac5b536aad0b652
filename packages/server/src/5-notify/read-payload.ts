/** The alert, or the group of alerts, that a delivery row holds. */
import type { AlertMessage } from "../model/alert.ts";
import type { Notification } from "./channel.ts";

/** @returns null where the row holds something else: no further try would mend it. */
export function readPayload(payload: string): Pick<Notification, "alert" | "others" | "groupLabels"> | null {
  let message: Partial<AlertMessage> | null;
  try {
    message = JSON.parse(payload) as Partial<AlertMessage> | null;
  } catch {
    return null;
  }
  if (typeof message?.labels !== "object" || typeof message.annotations !== "object") return null;
  const { others, groupLabels, ...alert } = message as AlertMessage;
  return { alert, others: others ?? [], groupLabels: groupLabels ?? null };
}
