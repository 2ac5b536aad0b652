/**
 * Slack. By an incoming webhook: a message for each change. By a bot: one message an incident (chat.postMessage), brought up
 * to date when something changes (chat.update), with a line in its thread each time. The message's `channel` and `ts` are
 * what it remembers. Slack's methods answer 200 with `ok: false` and a word when they refuse.
 */
import { type SlackOptions, slackOptions } from "@batchwatch/protocol/channels/slack-options";
import { z } from "zod";
import type { Channel, Notification, SendOutcome } from "../channel.ts";
import { exchange, jsonAnswer, postJson, shownAnswer } from "../http-exchange.ts";
import { slackFollowUp, slackMessage } from "./slack-message.ts";

const memorySchema = z.object({ channel: z.string(), ts: z.string() });
type Memory = z.infer<typeof memorySchema>;

/** Worth another try; every other word is a refusal. */
const PASSING_ERRORS = new Set([
  "ratelimited",
  "rate_limited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
]);
/** The message is gone or too old: a new one takes its place. */
const LOST_MESSAGE = new Set([
  "message_not_found",
  "cant_update_message",
  "edit_window_closed",
  "thread_not_found",
]);

export const slackChannel: Channel<"slack", typeof slackOptions.shape> = {
  definition: slackOptions,
  remembers: true,
  target({ url, urlFile, channel, apiUrl }) {
    const where =
      typeof url === "string"
        ? new URL(url).host
        : typeof urlFile === "string"
          ? "an address in a file"
          : new URL(String(apiUrl)).host;
    return channel === undefined ? where : `${String(channel)} at ${where}`;
  },
  render: ({ username }, notification) => ({
    ...slackMessage(notification),
    ...(username === undefined ? {} : { username }),
  }),
  send(options, notification, signal) {
    const { url, channel } = options;
    if (url !== undefined) {
      const body = this.render(options, notification) as object;
      return postJson(url, channel === undefined ? body : { channel, ...body }, {}, signal);
    }
    const bot = new Bot(options, signal);
    const message = this.render(options, notification) as Record<string, unknown>;
    const memory = memorySchema.safeParse(notification.memory);
    return memory.success
      ? bringUpToDate(bot, message, notification, memory.data)
      : post(bot, message, options.channel ?? "");
  },
};

async function post(bot: Bot, message: Record<string, unknown>, channel: string): Promise<SendOutcome> {
  const answer = await bot.call("chat.postMessage", { channel, ...message });
  if (answer.kind === "failed") return answer.outcome;
  const memory = memorySchema.safeParse(answer.body);
  return memory.success
    ? { kind: "delivered", status: answer.status, memory: memory.data }
    : { kind: "delivered", status: answer.status, note: "it did not say which message it made" };
}

async function bringUpToDate(
  bot: Bot,
  message: Record<string, unknown>,
  notification: Notification,
  { channel, ts }: Memory,
): Promise<SendOutcome> {
  const { username: _, ...content } = message;
  const updated = await bot.call("chat.update", { channel, ts, ...content });
  if (updated.kind === "failed")
    return LOST_MESSAGE.has(updated.word ?? "") ? post(bot, message, channel) : updated.outcome;
  const followUp = await bot.call("chat.postMessage", {
    channel,
    thread_ts: ts,
    // What got worse is shown in the channel too: an updated message notifies nobody.
    reply_broadcast: notification.reason === "raised",
    ...slackFollowUp(notification),
  });
  return followUp.kind === "failed"
    ? followUp.outcome
    : { kind: "delivered", status: followUp.status, memory: { channel, ts } };
}

type BotAnswer =
  | { kind: "done"; status: number | null; body: Readonly<Record<string, unknown>> }
  | { kind: "failed"; outcome: SendOutcome; word?: string };

class Bot {
  readonly #options: SlackOptions;
  readonly #signal: AbortSignal;

  constructor(options: SlackOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async call(method: string, body: Readonly<Record<string, unknown>>): Promise<BotAnswer> {
    const { outcome, text } = await exchange({
      url: `${this.#options.apiUrl.replace(/\/+$/, "")}/${method}`,
      body,
      headers: {
        "content-type": "application/json; charset=utf-8",
        authorization: `Bearer ${this.#options.botToken ?? ""}`,
      },
      signal: this.#signal,
    });
    if (outcome.kind !== "delivered") return { kind: "failed", outcome };
    const { status } = outcome;
    const answer = jsonAnswer(text);
    if (answer === null)
      return failed({
        kind: "retry",
        status,
        error: `${method} answered no JSON of Slack's`,
        retryAfterMs: null,
      });
    if (answer.ok === true) return { kind: "done", status, body: answer };
    const word = typeof answer.error === "string" ? shownAnswer(answer.error) : "no reason";
    const error = `${method} answered: ${word}`;
    return failed(
      PASSING_ERRORS.has(word)
        ? { kind: "retry", status, error, retryAfterMs: null }
        : { kind: "refused", status, error },
      word,
    );
  }
}

function failed(outcome: SendOutcome, word?: string): BotAnswer {
  return word === undefined ? { kind: "failed", outcome } : { kind: "failed", outcome, word };
}
