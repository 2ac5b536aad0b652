import { afterEach, beforeEach, expect, test } from "vitest";
import type { Notification, SendOutcome } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "../test-support/http-receiver.ts";
import { resolvedNotification, testNotification } from "../test-support/notification.ts";

let opsgenie: HttpReceiver;
const ALIAS = encodeURIComponent(testNotification().dedupKey);
const BY_ALIAS = "?identifierType=alias";

beforeEach(async () => {
  opsgenie = await startHttpReceiver();
  opsgenie.answers = [{ status: 202, body: "{}" }];
});

afterEach(() => opsgenie.close());

function send(notification: Notification): Promise<SendOutcome> {
  const options = { apiUrl: `${opsgenie.origin}/`, apiKey: "key-1" };
  return createReceiver("team", "opsgenie", options).send(notification, AbortSignal.timeout(5_000));
}

test.each<[Notification, string[]]>([
  [testNotification(), ["POST /v2/alerts"]],
  [testNotification({ reason: "repeated" }), ["POST /v2/alerts"]],
  [
    testNotification({ reason: "raised" }),
    ["POST /v2/alerts", `PUT /v2/alerts/${ALIAS}/priority${BY_ALIAS}`],
  ],
  [testNotification({ reason: "acknowledged" }), [`POST /v2/alerts/${ALIAS}/acknowledge${BY_ALIAS}`]],
  [resolvedNotification(), [`POST /v2/alerts/${ALIAS}/close${BY_ALIAS}`]],
  [resolvedNotification({ reason: "corrected" }), [`POST /v2/alerts/${ALIAS}/close${BY_ALIAS}`]],
])("$reason", async (notification, requests) => {
  expect(await send(notification)).toEqual({ kind: "delivered", status: 202 });
  expect(opsgenie.received.map(({ method, path }) => `${method} ${path}`)).toEqual(requests);
  for (const { headers } of opsgenie.received) expect(headers.authorization).toBe("GenieKey key-1");
});

test("a worse severity is the new priority", async () => {
  await send(testNotification({ reason: "raised" }));
  expect(opsgenie.received.map(({ body }) => body)).toMatchObject([{ priority: "P1" }, { priority: "P1" }]);
});

test("the whole is tried again when the second request fails", async () => {
  opsgenie.answers = [{ status: 202 }, { status: 503 }];
  expect(await send(testNotification({ reason: "raised" }))).toMatchObject({ kind: "retry", status: 503 });
});
