import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Notification, SendOutcome } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "../test-support/http-receiver.ts";
import { resolvedNotification, testNotification } from "../test-support/notification.ts";

const MEMORY = { channel: "C1", ts: "17.1" };
const POSTED = { status: 200, body: JSON.stringify({ ok: true, ...MEMORY }) };

let slack: HttpReceiver;

beforeEach(async () => {
  slack = await startHttpReceiver();
  slack.answers = [POSTED];
});

afterEach(() => slack.close());

function send(notification: Notification): Promise<SendOutcome> {
  const options = {
    apiUrl: `${slack.origin}/api/`,
    botToken: "xoxb-1",
    channel: "#nightly",
    username: "Watch",
  };
  return createReceiver("team", "slack", options).send(notification, AbortSignal.timeout(5_000));
}

function answer(body: object) {
  return { status: 200, body: JSON.stringify(body) };
}

describe("a Slack bot", () => {
  test("posts one message for an incident and remembers it", async () => {
    expect(await send(testNotification())).toEqual({ kind: "delivered", status: 200, memory: MEMORY });
    expect(slack.received).toMatchObject([
      {
        path: "/api/chat.postMessage",
        headers: { authorization: "Bearer xoxb-1" },
        body: { channel: "#nightly", username: "Watch", text: "Open (critical): daily_etl: run failed" },
      },
    ]);
  });

  test("brings that message up to date and adds a line to its thread", async () => {
    expect(await send(resolvedNotification({ memory: MEMORY }))).toEqual({
      kind: "delivered",
      status: 200,
      memory: MEMORY,
    });
    expect(slack.received).toMatchObject([
      {
        path: "/api/chat.update",
        body: {
          ...MEMORY,
          text: "Resolved (critical): daily_etl: run failed",
          attachments: [{ color: "#0ca678" }],
        },
      },
      {
        path: "/api/chat.postMessage",
        body: { channel: "C1", thread_ts: "17.1", reply_broadcast: false },
      },
    ]);
  });

  test("shows in the channel, too, what got worse", async () => {
    await send(testNotification({ reason: "raised", memory: MEMORY }));
    expect(slack.received[1]?.body).toMatchObject({ thread_ts: "17.1", reply_broadcast: true });
  });

  test.each(["message_not_found", "cant_update_message", "edit_window_closed"])(
    "posts anew when its message is lost (%s)",
    async (error) => {
      const next = { channel: "C1", ts: "18.2" };
      slack.answers = [answer({ ok: false, error }), answer({ ok: true, ...next })];
      expect(await send(resolvedNotification({ memory: MEMORY }))).toEqual({
        kind: "delivered",
        status: 200,
        memory: next,
      });
      expect(slack.received.map(({ path }) => path)).toEqual(["/api/chat.update", "/api/chat.postMessage"]);
    },
  );

  test.each([
    ["ratelimited", "retry"],
    ["internal_error", "retry"],
    ["service_unavailable", "retry"],
    ["invalid_auth", "refused"],
    ["channel_not_found", "refused"],
    ["not_in_channel", "refused"],
  ])("takes the word %s as %s", async (error, kind) => {
    slack.answers = [answer({ ok: false, error })];
    expect(await send(testNotification())).toMatchObject({
      kind,
      status: 200,
      error: `chat.postMessage answered: ${error}`,
    });
  });

  test.each(["", "<html>maintenance</html>", "[1]", '{"o'])(
    "tries again when 200 comes with %j",
    async (body) => {
      slack.answers = [{ status: 200, body }];
      expect(await send(testNotification())).toMatchObject({
        kind: "retry",
        error: "chat.postMessage answered no JSON of Slack's",
      });
    },
  );

  test("forgets nothing when the line in the thread fails after the update", async () => {
    slack.answers = [POSTED, { status: 500 }];
    expect(await send(resolvedNotification({ memory: MEMORY }))).toMatchObject({
      kind: "retry",
      status: 500,
    });
  });

  test("posts anew from a memory that it does not understand", async () => {
    await send(resolvedNotification({ memory: { ts: 1 } }));
    expect(slack.received.map(({ path }) => path)).toEqual(["/api/chat.postMessage"]);
  });
});

test.each([
  [{}, /url: is missing/],
  [
    { url: "https://hooks.example.com/x", botToken: "xoxb-1", channel: "C1" },
    /botToken: cannot go with "url"/,
  ],
  [{ botToken: "xoxb-1" }, /channel: is missing: "botToken" needs the channel/],
])("refuses %j", (options, problem) => {
  expect(() => createReceiver("team", "slack", options)).toThrow(
    expect.objectContaining({
      issues: [
        expect.objectContaining({
          path: [problem.source.split(":")[0]],
          message: expect.stringMatching(new RegExp(problem.source.replace(/^\w+: /, ""))) as string,
        }),
      ],
    }),
  );
});
