/** The alert, or the group of alerts, that a delivery row holds. */
import type { Alert } from "../model/alert.ts";
import type { Notification } from "./channel.ts";

export function readPayload(payload: string): Pick<Notification, "alert" | "others" | "groupLabels"> {
  const { others, groupLabels, ...alert } = JSON.parse(payload) as Alert & {
    others?: readonly Alert[];
    groupLabels?: Readonly<Record<string, string>>;
  };
  return { alert, others: others ?? [], groupLabels: groupLabels ?? null };
}
