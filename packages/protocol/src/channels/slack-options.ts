import { z } from "zod";
import {
  COMMON_SHAPE,
  channelOptions,
  headerText,
  httpUrl,
  type IsGiven,
  missing,
  type OptionProblem,
  secret,
} from "./channel-options.ts";

export const slackOptions = channelOptions(
  "slack",
  "Slack: by an incoming webhook, or by a bot that updates its message and writes into its thread.",
  {
    url: secret(httpUrl().optional().describe("address of an incoming webhook; this or `botToken`. Secret")),
    botToken: secret(
      headerText(500).optional().describe("token of a bot (`xoxb-…`) with the scope `chat:write`. Secret"),
    ),
    channel: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe("id or name of the channel; `botToken` needs it, of webhooks only the oldest heed it"),
    apiUrl: httpUrl().default("https://slack.com/api").describe("where the bot's methods are"),
    username: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .describe("name shown as the sender, where Slack allows it"),
    ...COMMON_SHAPE,
  },
  slackRules,
);
export type SlackOptions = z.output<typeof slackOptions.schema>;

function slackRules(isGiven: IsGiven): OptionProblem[] {
  if (isGiven("url") && isGiven("botToken"))
    return [{ path: ["botToken"], message: 'cannot go with "url"; leave one of them out' }];
  if (!isGiven("url") && !isGiven("botToken")) return [missing("url")];
  if (isGiven("botToken") && !isGiven("channel"))
    return [{ path: ["channel"], message: 'is missing: "botToken" needs the channel to write to' }];
  return [];
}
