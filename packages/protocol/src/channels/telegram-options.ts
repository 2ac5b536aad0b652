import { z } from "zod";
import { COMMON_SHAPE, channelOptions, httpUrl, secret } from "./channel-options.ts";

export const telegramOptions = channelOptions("telegram", "Telegram, by a bot.", {
  botToken: secret(
    z
      .string()
      .regex(/^\d{1,20}:[\w-]{10,200}$/, { error: "must be a bot's token, such as 110201543:AAHdqTcvCH1…" })
      .describe("from @BotFather. Secret"),
  ),
  chatId: z
    .string()
    .regex(/^(-?\d{1,20}|@\w{1,100})$/, {
      error: 'must be the number of a chat in quotes, or a channel such as "@nightly"',
    })
    .describe('number of the chat, in quotes ("-1001234567890"), or `@channel`'),
  threadId: z.number().int().min(1).optional().describe("topic of a forum"),
  apiUrl: httpUrl().default("https://api.telegram.org").describe("of a Bot API server"),
  ...COMMON_SHAPE,
});
export type TelegramOptions = z.output<typeof telegramOptions.schema>;
