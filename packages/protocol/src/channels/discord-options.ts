import { z } from "zod";
import { COMMON_SHAPE, channelOptions, httpUrl, secret } from "./channel-options.ts";

export const discordOptions = channelOptions("discord", "Discord, by a channel's webhook.", {
  url: secret(httpUrl().describe("the webhook's address. Secret")),
  username: z.string().min(1).max(80).optional().describe("name shown as the sender"),
  ...COMMON_SHAPE,
});
export type DiscordOptions = z.output<typeof discordOptions.schema>;
