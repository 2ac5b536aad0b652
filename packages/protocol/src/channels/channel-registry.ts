/**
 * The options of every notification channel, and from them the schema of `receivers` in the configuration. Adding a
 * channel: its file here, its file in the server's 5-notify/channels/, a line in either registry.
 */
import { z } from "zod";
import { alertmanagerOptions } from "./alertmanager-options.ts";
import { checked } from "./channel-options.ts";
import { discordOptions } from "./discord-options.ts";
import { emailOptions } from "./email-options.ts";
import { msteamsOptions } from "./msteams-options.ts";
import { oneuptimeOptions } from "./oneuptime-options.ts";
import { opsgenieOptions } from "./opsgenie-options.ts";
import { pagerdutyOptions } from "./pagerduty-options.ts";
import { slackOptions } from "./slack-options.ts";
import { telegramOptions } from "./telegram-options.ts";
import { webhookOptions } from "./webhook-options.ts";

export const CHANNEL_OPTIONS = {
  webhook: webhookOptions,
  pagerduty: pagerdutyOptions,
  slack: slackOptions,
  email: emailOptions,
  alertmanager: alertmanagerOptions,
  msteams: msteamsOptions,
  discord: discordOptions,
  opsgenie: opsgenieOptions,
  telegram: telegramOptions,
  oneuptime: oneuptimeOptions,
} as const;

export type ChannelType = keyof typeof CHANNEL_OPTIONS;
export const CHANNEL_TYPES = Object.keys(CHANNEL_OPTIONS) as ChannelType[];

/** A receiver as configured: its name, its channel, and the channel's options beside them. */
export interface ReceiverConfig {
  name: string;
  type: ChannelType;
  [option: string]: unknown;
}
export type ReceiverInput = { name: string; type?: ChannelType; [option: string]: unknown };

const receiverName = z
  .string()
  .regex(/^[\w.-]{1,100}$/, { error: "must be 1 to 100 letters, digits, dots, dashes or underscores" });

const variants = CHANNEL_TYPES.map((channelType) => {
  const { writtenShape, rules } = CHANNEL_OPTIONS[channelType];
  const literal = z.literal(channelType);
  const type = channelType === "webhook" ? literal.default("webhook").optional() : literal;
  return checked(z.strictObject({ name: receiverName, type, ...writtenShape }), rules);
});

/** One item of `receivers`. Without a type it is a webhook. */
export const receiverSchema = z.discriminatedUnion("type", variants as [(typeof variants)[number]], {
  error: (issue) =>
    issue.code === "invalid_union" ? `must be one of ${CHANNEL_TYPES.join(", ")}` : undefined,
}) as unknown as z.ZodType<ReceiverConfig, ReceiverInput>;

/** Names of all channels' secret options. */
export const SECRET_CHANNEL_OPTIONS: readonly string[] = [
  ...new Set(CHANNEL_TYPES.flatMap((type) => CHANNEL_OPTIONS[type].secrets)),
];
