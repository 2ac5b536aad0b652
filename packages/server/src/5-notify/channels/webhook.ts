/**
 * Webhook: POSTs Alertmanager's webhook JSON (version 4) to an address, so that whatever takes Alertmanager's webhooks
 * takes ours. Signed as Standard Webhooks 1.0.0 says: `webhook-id`, `webhook-timestamp` and `webhook-signature`, which is
 * "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body".
 */
import { createHmac } from "node:crypto";
import { type WebhookOptions, webhookOptions } from "@batchwatch/protocol/channels/webhook-options";
import type { Channel, Notification } from "../channel.ts";
import { postJson } from "../http-exchange.ts";
import { webhookMessage } from "../webhook-message.ts";
import { authorization } from "./authorization.ts";
import { slackMessage } from "./slack-message.ts";

export const webhookChannel: Channel<"webhook", typeof webhookOptions.shape> = {
  definition: webhookOptions,
  target: ({ url }) => (typeof url === "string" ? new URL(url).origin : "address in a file"),
  render: (options, notification) =>
    options.format === "slack" ? slackMessage(notification) : webhookMessage(notification),
  send(options, notification, signal) {
    const body = JSON.stringify(this.render(options, notification));
    const headers = {
      ...authorization(options),
      ...signature(options, notification, body),
      ...options.headers,
    };
    return postJson(options.url, body, { "content-type": "application/json", ...headers }, signal);
  },
};

function signature(
  { signingSecret }: WebhookOptions,
  { messageId, sentAt }: Notification,
  body: string,
): Record<string, string> {
  const timestamp = String(Math.floor(sentAt / 1000));
  const named = { "webhook-id": messageId, "webhook-timestamp": timestamp };
  if (signingSecret === undefined) return named;
  const mac = createHmac("sha256", keyOf(signingSecret)).update(`${messageId}.${timestamp}.${body}`);
  return { ...named, "webhook-signature": `v1,${mac.digest("base64")}` };
}

function keyOf(signingSecret: string): Buffer {
  const prefix = "whsec_";
  return signingSecret.startsWith(prefix)
    ? Buffer.from(signingSecret.slice(prefix.length), "base64")
    : Buffer.from(signingSecret, "utf8");
}
