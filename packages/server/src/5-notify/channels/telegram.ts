/**
 * Telegram, by a bot: a message for each change; the later ones answer the first, whose number is what it remembers. HTML
 * mode, everything that others wrote escaped. A text may have 4 096 characters. Telegram says how long to wait in the
 * body of its answer.
 */
import { telegramOptions } from "@batchwatch/protocol/channels/telegram-options";
import { z } from "zod";
import type { Channel, SendOutcome } from "../channel.ts";
import { fitLines, fitText } from "../fit-text.ts";
import { boundedWait, exchange, jsonAnswer } from "../http-exchange.ts";
import { messageWords } from "../message-words.ts";

const HEADLINE_LIMIT = 300;
const LINES_LIMIT = 2_000;
const OTHERS_LIMIT = 600;
const DETAILS_LIMIT = 500;
const LINK_LIMIT = 500;

const memorySchema = z.object({ messageId: z.number().int() });
const answerSchema = z.object({ ok: z.literal(true), result: z.object({ message_id: z.number().int() }) });
const waitSchema = z.object({ parameters: z.object({ retry_after: z.number().min(0) }) });

export const telegramChannel: Channel<"telegram", typeof telegramOptions.shape> = {
  definition: telegramOptions,
  remembers: true,
  target: ({ chatId, apiUrl }) => `${String(chatId)} at ${new URL(String(apiUrl)).host}`,
  render({ chatId, threadId }, notification) {
    const words = messageWords(notification);
    const memory = memorySchema.safeParse(notification.memory);
    const details = words.details.map(([name, value]) => `${name}: ${value}`).join(" · ");
    const links = words.links
      .filter(({ url }) => url.length <= LINK_LIMIT)
      .slice(0, 3)
      .map(({ text, url }) => `<a href="${[...url].map(escapeHtml).join("")}">${text}</a>`)
      .join(" · ");
    const parts = [
      `<b>${fitText(words.headline, HEADLINE_LIMIT, escapeHtml)}</b>`,
      fitLines(words.lines, LINES_LIMIT, escapeHtml),
      fitLines(words.others, OTHERS_LIMIT, escapeHtml),
      fitText(details, DETAILS_LIMIT, escapeHtml),
      links,
    ];
    return {
      chat_id: chatId,
      ...(threadId === undefined ? {} : { message_thread_id: threadId }),
      text: parts.filter((part) => part !== "").join("\n"),
      parse_mode: "HTML",
      link_preview_options: { is_disabled: true },
      ...(memory.success
        ? {
            reply_parameters: { message_id: memory.data.messageId, allow_sending_without_reply: true },
          }
        : {}),
    };
  },
  async send(options, notification, signal) {
    const { outcome, text } = await exchange({
      url: `${options.apiUrl.replace(/\/+$/, "")}/bot${options.botToken}/sendMessage`,
      body: this.render(options, notification),
      signal,
    });
    const answer = jsonAnswer(text);
    if (outcome.kind === "delivered") return remember(outcome, answer, notification.memory);
    const wait = waitSchema.safeParse(answer);
    return outcome.kind === "retry" && wait.success
      ? { ...outcome, retryAfterMs: boundedWait(wait.data.parameters.retry_after * 1000) }
      : outcome;
  },
};

function remember(
  outcome: SendOutcome & { kind: "delivered" },
  answer: unknown,
  memory: unknown,
): SendOutcome {
  const sent = answerSchema.safeParse(answer);
  if (!sent.success)
    return {
      kind: "retry",
      status: outcome.status,
      error: "it answered no JSON of Telegram's",
      retryAfterMs: null,
    };
  return memorySchema.safeParse(memory).success
    ? outcome
    : { ...outcome, memory: { messageId: sent.data.result.message_id } };
}

function escapeHtml(character: string): string {
  return { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[character] ?? character;
}
