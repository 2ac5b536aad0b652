import { z } from "zod";
import { COMMON_SHAPE, channelOptions, headerText, httpUrl, secret } from "./channel-options.ts";

export const pagerdutyOptions = channelOptions("pagerduty", "PagerDuty, by its Events API v2.", {
  routingKey: secret(
    headerText(200).describe("integration key of a service's Events API v2 integration. Secret"),
  ),
  url: httpUrl()
    .default("https://events.pagerduty.com/v2/enqueue")
    .describe("in the EU region: `https://events.eu.pagerduty.com/v2/enqueue`"),
  source: z.string().min(1).max(255).default("batchwatch").describe("named as the source of the event"),
  ...COMMON_SHAPE,
});
export type PagerdutyOptions = z.output<typeof pagerdutyOptions.schema>;
