import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver } from "../test-support/http-receiver.ts";
import { testNotification } from "../test-support/notification.ts";

let server: HttpReceiver;

beforeEach(async () => {
  server = await startHttpReceiver();
});

afterEach(() => server.close());

async function sent(options: object, notification = testNotification()) {
  const receiver = createReceiver("team", "webhook", { url: `${server.origin}/hook`, ...options });
  await receiver.send(notification, AbortSignal.timeout(5_000));
  const [first] = server.received;
  if (first === undefined) throw new Error("nothing came");
  return first;
}

describe("the webhook channel", () => {
  test("posts Alertmanager's webhook JSON", async () => {
    const notification = testNotification();
    expect((await sent({}, notification)).body).toMatchObject({
      version: "4",
      status: "firing",
      receiver: "team",
      groupKey: notification.dedupKey,
      commonLabels: { job_name: "daily_etl" },
      alerts: [
        {
          status: "firing",
          startsAt: "2026-11-24T02:00:00.000Z",
          endsAt: "0001-01-01T00:00:00Z",
          fingerprint: notification.dedupKey,
          annotations: { incident_url: "http://127.0.0.1:4318/incidents/1" },
        },
      ],
    });
  });

  test.each([
    ["text", "not base64, but long enough", Buffer.from("not base64, but long enough")],
    [
      "whsec_ and base64",
      `whsec_${Buffer.from("thirty-two bytes of a real key").toString("base64")}`,
      Buffer.from("thirty-two bytes of a real key"),
    ],
  ])("signs as Standard Webhooks does, with a secret given as %s", async (_form, signingSecret, key) => {
    const { headers, text } = await sent({ signingSecret });
    expect(headers["webhook-id"]).toBe("delivery-7");
    expect(headers["webhook-timestamp"]).toBe(String(Date.UTC(2026, 10, 24, 2, 1) / 1000));
    const signed = `${headers["webhook-id"]}.${String(headers["webhook-timestamp"])}.${text}`;
    expect(headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
    );
  });

  test("names the message, and does not sign it without a secret", async () => {
    const { headers } = await sent({});
    expect(headers["webhook-id"]).toBe("delivery-7");
    expect(headers).not.toHaveProperty("webhook-signature");
  });

  test.each([
    [{ bearerToken: "t0ken" }, { authorization: "Bearer t0ken" }],
    [{ username: "ops", password: "p:w" }, { authorization: "Basic b3BzOnA6dw==" }],
    [
      { headers: { "X-Team": "data", authorization: "Custom 1" } },
      { "x-team": "data", authorization: "Custom 1" },
    ],
  ])("identifies itself by %j", async (options, headers) => {
    expect((await sent(options)).headers).toMatchObject(headers);
  });

  test("speaks as Slack's webhooks do where it is told to", async () => {
    expect((await sent({ format: "slack" })).body).toMatchObject({
      text: "Open (critical): daily_etl: run failed",
      attachments: [{ color: "#c92a2a" }],
    });
  });

  test.each([
    [{ url: "ftp://x" }, "url"],
    [{ url: "https://user:pass@hooks.example.com" }, "url"],
    [{ username: "ops" }, "password"],
    [{ password: "p" }, "username"],
    [{ bearerToken: "t", username: "u", password: "p" }, "bearerToken"],
    [{ headers: { "bad name": "x" } }, "headers"],
    [{ headers: { "x-a": "two\nlines" } }, "headers"],
    [{ signingSecret: "short" }, "signingSecret"],
  ])("refuses %j", (options, option) => {
    const given = { url: `${server.origin}/hook`, ...options };
    expect(() => createReceiver("team", "webhook", given)).toThrow(new RegExp(`"${option}"`));
  });
});
