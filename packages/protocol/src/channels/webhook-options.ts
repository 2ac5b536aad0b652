import { z } from "zod";
import {
  COMMON_SHAPE,
  channelOptions,
  HTTP_SHAPE,
  headerText,
  httpRules,
  httpUrl,
  secret,
} from "./channel-options.ts";

export const webhookOptions = channelOptions(
  "webhook",
  "A POST of Alertmanager's webhook JSON (version 4) to an address of yours, signed if you want.",
  {
    url: secret(httpUrl().describe("address that takes the POST. Secret")),
    format: z
      .enum(["generic", "slack"])
      .default("generic")
      .describe("`slack`: what Slack's incoming webhooks take, for services that imitate them"),
    signingSecret: secret(
      headerText(1000)
        .min(16)
        .optional()
        .describe("signs each message as Standard Webhooks does; `whsec_` and base64, or any text. Secret"),
    ),
    ...HTTP_SHAPE,
    ...COMMON_SHAPE,
  },
  httpRules,
);
export type WebhookOptions = z.output<typeof webhookOptions.schema>;
