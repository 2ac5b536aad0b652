/** Receivers as the configuration, or an Alertmanager file, names them, ready to send. By name, as outbox rows name them. */
import type { ChannelType, ReceiverConfig } from "@batchwatch/protocol";
import type { RoutingConfig } from "../model/routing.ts";
import { createReceiver, type Receiver } from "./channel-registry.ts";

/** @throws ZodError for options that the configuration's schema would have refused. */
export function configuredReceivers(receivers: readonly ReceiverConfig[]): Map<string, Receiver> {
  return new Map(receivers.map(({ name, type, ...options }) => [name, createReceiver(name, type, options)]));
}

/** Each integration of each receiver. The file was refused where a channel does not take its options. */
export function routedReceivers({ receivers }: RoutingConfig): Map<string, Receiver> {
  const integrations = receivers.flatMap((receiver) => receiver.integrations);
  return new Map(
    integrations.map(({ name, channel, options }) => [
      name,
      createReceiver(name, channel as ChannelType, options),
    ]),
  );
}
