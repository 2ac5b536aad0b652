import { afterEach, beforeEach, expect, test } from "vitest";
import type { Notification, SendOutcome } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "../test-support/http-receiver.ts";
import { resolvedNotification, testNotification } from "../test-support/notification.ts";

let telegram: HttpReceiver;

beforeEach(async () => {
  telegram = await startHttpReceiver();
  telegram.answers = [{ status: 200, body: '{"ok":true,"result":{"message_id":5}}' }];
});

afterEach(() => telegram.close());

function send(notification: Notification): Promise<SendOutcome> {
  const options = { apiUrl: telegram.origin, botToken: "12345:abcdefghij", chatId: "-1001", threadId: 3 };
  return createReceiver("team", "telegram", options).send(notification, AbortSignal.timeout(5_000));
}

test("the first message is remembered, and the later ones answer it", async () => {
  expect(await send(testNotification())).toEqual({
    kind: "delivered",
    status: 200,
    memory: { messageId: 5 },
  });
  expect(await send(resolvedNotification({ memory: { messageId: 5 } }))).toEqual({
    kind: "delivered",
    status: 200,
  });
  expect(telegram.received).toMatchObject([
    {
      path: "/bot12345:abcdefghij/sendMessage",
      body: { chat_id: "-1001", message_thread_id: 3, parse_mode: "HTML" },
    },
    { body: { reply_parameters: { message_id: 5, allow_sending_without_reply: true } } },
  ]);
  expect(telegram.received[0]?.body).not.toHaveProperty("reply_parameters");
});

test("the wait that Telegram asks for in its answer is honoured", async () => {
  telegram.answers = [
    {
      status: 429,
      body: '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}',
    },
  ];
  expect(await send(testNotification())).toMatchObject({ kind: "retry", status: 429, retryAfterMs: 35_000 });
});

test("a bot that was thrown out is told so once", async () => {
  telegram.answers = [{ status: 403, body: '{"ok":false,"description":"Forbidden: bot was kicked"}' }];
  const outcome = await send(testNotification());
  expect(outcome).toMatchObject({ kind: "refused", status: 403 });
  expect(JSON.stringify(outcome)).toContain("bot was kicked");
});

test.each(["", "<html>", '{"ok":false}'])("200 with %j is no proof", async (body) => {
  telegram.answers = [{ status: 200, body }];
  expect(await send(testNotification())).toMatchObject({ kind: "retry", status: 200 });
});
