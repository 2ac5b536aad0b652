/**
 * Who hears of alerts now: the routes of an Alertmanager file, or without one every receiver of the configuration. Asked at
 * each look, since the file is read again when it changes.
 */
import type { RoutedReceiver, RoutingConfig } from "../model/routing.ts";

/** Where alerts go. `channel` names the kind of service, `name` the configured receiver. */
export interface ReceiverRef {
  name: string;
  channel: string;
}

export type Audience =
  | { kind: "everyone"; receivers: readonly ReceiverRef[] }
  | { kind: "routed"; routing: RoutingConfig };

export function receiverNamed(audience: Audience, name: string): RoutedReceiver | null {
  if (audience.kind === "routed")
    return audience.routing.receivers.find((receiver) => receiver.name === name) ?? null;
  const receiver = audience.receivers.find((each) => each.name === name);
  return receiver === undefined
    ? null
    : { name, integrations: [{ name, channel: receiver.channel, options: {} }] };
}
