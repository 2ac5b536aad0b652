import { z } from "zod";
import { COMMON_SHAPE, channelOptions, headerText, httpUrl, secret } from "./channel-options.ts";

export const opsgenieOptions = channelOptions("opsgenie", "Opsgenie, by its Alert API.", {
  apiKey: secret(headerText(200).describe("key of an API integration. Secret")),
  apiUrl: httpUrl().default("https://api.opsgenie.com").describe("in the EU: `https://api.eu.opsgenie.com`"),
  teams: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .describe("names of the teams that answer for the alert; default: the integration's own"),
  tags: z.array(z.string().min(1).max(50)).max(10).default([]).describe("further tags of the alert"),
  ...COMMON_SHAPE,
});
export type OpsgenieOptions = z.output<typeof opsgenieOptions.schema>;
