/**
 * Microsoft Teams, by a workflow that posts an adaptive card. What others wrote stands in text runs, in which Teams reads no
 * markup. A message may have 28 KB. The retired connectors answered 200 with the word of an error in the body; what still
 * answers like them is not taken for delivered.
 */
import { msteamsOptions } from "@batchwatch/protocol/channels/msteams-options";
import type { Channel, SendOutcome } from "../channel.ts";
import { fitLines, fitText } from "../fit-text.ts";
import { exchange, shownAnswer } from "../http-exchange.ts";
import { type MessageWords, messageWords } from "../message-words.ts";

/** In characters, each of at most 3 bytes of UTF-8 or 6 of JSON: together well below 28 KB for all but adverse text. */
const HEADLINE_LIMIT = 300;
const LINES_LIMIT = 2_000;
const OTHERS_LIMIT = 800;
const DETAIL_LIMIT = 120;
const URL_LIMIT = 1_000;

export const msteamsChannel: Channel<"msteams", typeof msteamsOptions.shape> = {
  definition: msteamsOptions,
  target: ({ url }) => (typeof url === "string" ? new URL(url).host : "address in a file"),
  render(_options, notification) {
    const words = messageWords(notification);
    const { status } = notification.alert;
    const colour =
      status === "resolved" ? "good" : notification.alert.severity === "info" ? "accent" : "attention";
    return {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            msteams: { width: "Full" },
            body: cardBody(words, notification.reason === "acknowledged" ? "default" : colour),
            actions: words.links
              .filter(({ url }) => url.length <= URL_LIMIT)
              .map(({ text, url }) => ({ type: "Action.OpenUrl", title: text, url })),
          },
        },
      ],
    };
  },
  async send(options, notification, signal) {
    const { outcome, text } = await exchange({
      url: options.url,
      body: this.render(options, notification),
      signal,
    });
    return outcome.kind === "delivered" ? failureInside(text, outcome) : outcome;
  },
};

function cardBody({ headline, lines, others, details }: MessageWords, color: string) {
  return [
    richText([{ text: fitText(headline, HEADLINE_LIMIT), size: "medium", weight: "bolder", color }]),
    ...paragraph(fitLines(lines, LINES_LIMIT)),
    ...paragraph(fitLines(others, OTHERS_LIMIT)),
    ...details.map(([name, value]) =>
      richText([{ text: `${name}: `, isSubtle: true }, { text: fitText(value, DETAIL_LIMIT) }]),
    ),
  ];
}

function paragraph(text: string) {
  return text === "" ? [] : text.split("\n").map((line) => richText([{ text: line }]));
}

function richText(runs: readonly { text: string; [style: string]: unknown }[]) {
  return { type: "RichTextBlock", inlines: runs.map((run) => ({ type: "TextRun", ...run })) };
}

function failureInside(text: string, delivered: SendOutcome): SendOutcome {
  const code = /returned HTTP error (\d{3})/i.exec(text)?.[1];
  if (code === undefined) return delivered;
  const status = Number(code);
  const error = `it answered: ${shownAnswer(text)}`;
  return status === 429 || status >= 500
    ? { kind: "retry", status, error, retryAfterMs: null }
    : { kind: "refused", status, error };
}
