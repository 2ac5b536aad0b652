/** Every channel there is. Adding one: its file, its test, one line here. */
import type { Channel, Notification, SendOutcome } from "./channel.ts";
import { webhookChannel } from "./channels/webhook.ts";

const CHANNELS = { webhook: webhookChannel } as const;

export type ChannelType = keyof typeof CHANNELS;

/** A configured receiver: its channel bound to its options. */
export interface Receiver {
  name: string;
  channel: ChannelType;
  send(notification: Notification, signal: AbortSignal): Promise<SendOutcome>;
}

/** @throws ZodError naming the option that is wrong. */
export function createReceiver(name: string, type: ChannelType, options: unknown): Receiver {
  return bind(name, type, CHANNELS[type], options);
}

function bind<Options>(
  name: string,
  type: ChannelType,
  channel: Channel<Options>,
  options: unknown,
): Receiver {
  const parsed = channel.optionsSchema.parse(options);
  return { name, channel: type, send: (notification, signal) => channel.send(parsed, notification, signal) };
}
