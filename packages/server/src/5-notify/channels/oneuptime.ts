/**
 * OneUptime, by an Incoming Request monitor: Alertmanager's webhook JSON, which its documentation says how to turn into one
 * incident an alert (grouped by `requestBody.alerts[*].fingerprint`, over when `requestBody.alerts[*].status` is "resolved").
 * It answers 200 before it has looked at the message.
 */
import { oneuptimeOptions } from "@batchwatch/protocol/channels/oneuptime-options";
import type { Channel } from "../channel.ts";
import { postJson } from "../http-exchange.ts";
import { webhookMessage } from "../webhook-message.ts";

export const oneuptimeChannel: Channel<"oneuptime", typeof oneuptimeOptions.shape> = {
  definition: oneuptimeOptions,
  target: ({ url }) => (typeof url === "string" ? new URL(url).host : "address in a file"),
  render: (_options, notification) => webhookMessage(notification),
  send(options, notification, signal) {
    return postJson(options.url, this.render(options, notification), {}, signal);
  },
};
