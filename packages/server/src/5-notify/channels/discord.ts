/**
 * Discord, by a channel's webhook: one embed a message. Mentions are switched off and markdown is escaped. Limits by its
 * documentation: title 256 characters, description 4 096, 25 fields of 256 and 1 024, together 6 000.
 */
import { discordOptions } from "@batchwatch/protocol/channels/discord-options";
import type { Channel } from "../channel.ts";
import { fitLines, fitText } from "../fit-text.ts";
import { postJson } from "../http-exchange.ts";
import { messageWords } from "../message-words.ts";

const TITLE_LIMIT = 256;
const LINES_LIMIT = 2_500;
const OTHERS_LIMIT = 800;
const FIELD_LIMIT = 150;
const LINK_LIMIT = 500;

export const discordChannel: Channel<"discord", typeof discordOptions.shape> = {
  definition: discordOptions,
  target: ({ url }) => (typeof url === "string" ? new URL(url).host : "address in a file"),
  render({ username }, notification) {
    const words = messageWords(notification);
    const links = words.links
      .filter(({ url }) => url.length <= LINK_LIMIT)
      .slice(0, 3)
      .map(({ text, url }) => `[${text}](${url})`)
      .join(" · ");
    return {
      ...(username === undefined ? {} : { username }),
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: fitText(words.headline, TITLE_LIMIT, escapeMarkdown),
          description: [
            fitLines(words.lines, LINES_LIMIT, escapeMarkdown),
            fitLines(words.others, OTHERS_LIMIT, escapeMarkdown),
            links,
          ]
            .filter((part) => part !== "")
            .join("\n"),
          color: Number.parseInt(words.colour.slice(1), 16),
          fields: words.details.slice(0, 8).map(([name, value]) => ({
            name,
            value: fitText(value === "" ? "–" : value, FIELD_LIMIT, escapeMarkdown),
            inline: true,
          })),
          timestamp: new Date(notification.alert.startsAt).toISOString(),
        },
      ],
    };
  },
  send(options, notification, signal) {
    return postJson(options.url, this.render(options, notification), {}, signal);
  },
};

function escapeMarkdown(character: string): string {
  return /[\\*_~`|>#\-[\]()<@]/.test(character) ? `\\${character}` : character;
}
