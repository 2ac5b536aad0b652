/** Every channel there is. Adding one: its options in the protocol, its file, a line here. */
import type { ChannelType } from "@batchwatch/protocol";
import type { z } from "zod";
import type { Channel, Notification, OptionsOf, SendOutcome } from "./channel.ts";
import { alertmanagerChannel } from "./channels/alertmanager.ts";
import { discordChannel } from "./channels/discord.ts";
import { emailChannel } from "./channels/email.ts";
import { msteamsChannel } from "./channels/msteams.ts";
import { oneuptimeChannel } from "./channels/oneuptime.ts";
import { opsgenieChannel } from "./channels/opsgenie.ts";
import { pagerdutyChannel } from "./channels/pagerduty.ts";
import { slackChannel } from "./channels/slack.ts";
import { telegramChannel } from "./channels/telegram.ts";
import { webhookChannel } from "./channels/webhook.ts";
import { SecretFileError, secretHider, withSecretsFromFiles } from "./secret-values.ts";

const RECEIVERS = {
  webhook: bind(webhookChannel),
  pagerduty: bind(pagerdutyChannel),
  slack: bind(slackChannel),
  email: bind(emailChannel),
  alertmanager: bind(alertmanagerChannel),
  msteams: bind(msteamsChannel),
  discord: bind(discordChannel),
  opsgenie: bind(opsgenieChannel),
  telegram: bind(telegramChannel),
  oneuptime: bind(oneuptimeChannel),
} as const satisfies Record<ChannelType, MakeReceiver>;

/** A configured receiver: its channel bound to its options. */
export interface Receiver {
  name: string;
  channel: ChannelType;
  /** Where it goes, for lists: nothing secret. */
  target: string;
  /** True where it keeps something of an incident between messages. */
  remembers: boolean;
  /** True where it may ask to be told again by itself. */
  resends: boolean;
  send(notification: Notification, signal: AbortSignal): Promise<SendOutcome>;
}

type MakeReceiver = (name: string, options: unknown) => Receiver;

/** @throws ZodError naming the option that is wrong. */
export function createReceiver(name: string, type: ChannelType, options: unknown): Receiver {
  return RECEIVERS[type](name, options);
}

function bind<Type extends ChannelType, Shape extends z.ZodRawShape>(
  channel: Channel<Type, Shape>,
): MakeReceiver {
  const { type, secrets, schema, writtenSchema } = channel.definition;
  return (name, options) => {
    const written = writtenSchema.parse(options);
    async function send(notification: Notification, signal: AbortSignal): Promise<SendOutcome> {
      if (written.sendResolved === false && notification.alert.status === "resolved")
        return { kind: "delivered", status: null, note: "not sent, since sendResolved is false" };
      let hide = secretHider(written, secrets);
      try {
        const filled = await withSecretsFromFiles(written, secrets);
        hide = secretHider(filled, secrets);
        const parsed = schema.safeParse(filled);
        if (!parsed.success) return refusedOptions(parsed.error);
        return hidden(await channel.send(parsed.data as OptionsOf<Shape>, notification, signal), hide);
      } catch (error) {
        const words = error instanceof SecretFileError ? error.message : String(error);
        return { kind: "retry", status: null, error: hide(words), retryAfterMs: null };
      }
    }
    const target = secretHider(written, secrets)(channel.target(written));
    const { remembers = false, resends = false } = channel;
    return { name, channel: type, target, remembers, resends, send };
  };
}

/** What a file holds is not what the option must be. The value itself is not told. */
function refusedOptions(error: z.ZodError): SendOutcome {
  const words = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  return { kind: "refused", status: null, error: `its options are not valid: ${words}` };
}

function hidden(outcome: SendOutcome, hide: (text: string) => string): SendOutcome {
  if (outcome.kind !== "delivered") return { ...outcome, error: hide(outcome.error) };
  return outcome.note === undefined ? outcome : { ...outcome, note: hide(outcome.note) };
}
