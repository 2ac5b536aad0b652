import { afterEach, beforeEach, expect, test } from "vitest";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "../test-support/http-receiver.ts";
import { testNotification } from "../test-support/notification.ts";

let teams: HttpReceiver;

beforeEach(async () => {
  teams = await startHttpReceiver();
});

afterEach(() => teams.close());

test.each([
  ["", { kind: "delivered", status: 200 }],
  ["1", { kind: "delivered", status: 200 }],
  [
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x",
    { kind: "retry", status: 429 },
  ],
  [
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 403",
    { kind: "refused", status: 403 },
  ],
])("200 with %j", async (body, expected) => {
  teams.answers = [{ status: 200, body }];
  const receiver = createReceiver("team", "msteams", { url: `${teams.origin}/w` });
  expect(await receiver.send(testNotification(), AbortSignal.timeout(5_000))).toMatchObject(expected);
});
