import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Notification, SendOutcome } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { type HttpReceiver, startHttpReceiver, unusedOrigin } from "../test-support/http-receiver.ts";
import { resolvedNotification, testAlert, testNotification } from "../test-support/notification.ts";

const MINUTE = 60_000;

let first: HttpReceiver;
let second: HttpReceiver;

beforeEach(async () => {
  first = await startHttpReceiver();
  second = await startHttpReceiver();
});

afterEach(async () => {
  await first.close();
  await second.close();
});

function send(
  notification: Notification,
  urls = [first.origin, `${second.origin}/am/`],
): Promise<SendOutcome> {
  return createReceiver("team", "alertmanager", { urls }).send(notification, AbortSignal.timeout(5_000));
}

describe("the alertmanager channel", () => {
  test("tells every member, and asks to tell again in a minute while it fires", async () => {
    const notification = testNotification();
    expect(await send(notification)).toEqual({
      kind: "delivered",
      status: 200,
      memory: { labels: notification.alert.labels },
      resendAt: notification.sentAt + MINUTE,
    });
    expect([...first.received, ...second.received].map(({ path }) => path)).toEqual([
      "/api/v2/alerts",
      "/am/api/v2/alerts",
    ]);
    expect(first.received[0]?.body).toMatchObject([
      {
        labels: { alertname: "BatchRunFailed", job_name: "daily_etl" },
        startsAt: "2026-11-24T02:00:00.000Z",
        endsAt: "2026-11-24T02:05:00.000Z",
        generatorURL: "http://127.0.0.1:4318/incidents/1",
      },
    ]);
  });

  test("ends a resolved alert at its end and says no more of it", async () => {
    const outcome = await send(resolvedNotification());
    expect(outcome).not.toHaveProperty("resendAt");
    expect(first.received[0]?.body).toMatchObject([{ endsAt: "2026-11-24T02:00:30.000Z" }]);
  });

  test("ends the alert under its old labels when they changed", async () => {
    const labels = { ...testAlert().labels, severity: "warning" };
    await send(testNotification({ reason: "raised", memory: { labels } }));
    expect(first.received[0]?.body).toMatchObject([
      { labels: { severity: "warning" }, endsAt: "2026-11-24T02:01:00.000Z" },
      { labels: { severity: "critical" }, endsAt: "2026-11-24T02:05:00.000Z" },
    ]);
  });

  test("is content with one member that answers, and says who did not", async () => {
    second.answers = [{ status: 503, body: "starting" }];
    const outcome = await send(testNotification());
    expect(outcome).toMatchObject({ kind: "delivered", status: 200 });
    expect(outcome.kind === "delivered" ? outcome.note : "").toBe(
      `${new URL(second.origin).host}: it answered 503: starting`,
    );
  });

  test("tells whoever missed a resolution again, for a quarter of an hour", async () => {
    second.answers = [{ status: 503 }];
    const { sentAt, alert } = resolvedNotification();
    expect(await send(resolvedNotification())).toMatchObject({ resendAt: sentAt + MINUTE });
    const late = await send(resolvedNotification({ sentAt: (alert.endsAt ?? 0) + 15 * MINUTE }));
    expect(late).not.toHaveProperty("resendAt");
  });

  test("tries again when nobody takes it, and parks only what all refuse", async () => {
    first.answers = [{ status: 400, body: "bad label" }];
    second.answers = [{ status: 429, headers: { "retry-after": "9" } }];
    expect(await send(testNotification())).toMatchObject({ kind: "retry", retryAfterMs: 9_000 });
    second.answers = [{ status: 422 }];
    expect(await send(testNotification())).toMatchObject({ kind: "refused", status: 400 });
    const nobody = await send(testNotification(), [await unusedOrigin()]);
    expect(nobody).toMatchObject({ kind: "retry", status: null });
  });

  test("leaves out empty labels and mends names that would be refused", async () => {
    const labels = { alertname: "A", "job.name": "x", "1st": "y", empty: "", größe: "z" };
    await send(testNotification({ alert: testAlert({ labels }) }));
    expect(first.received[0]?.body).toMatchObject([
      { labels: { alertname: "A", job_name: "x", _1st: "y", gr__e: "z" } },
    ]);
    expect(first.received[0]?.text).not.toContain('"empty"');
  });

  test("never ends an alert before it began, nor in the future", async () => {
    const { startsAt } = testAlert();
    const alert = testAlert({ status: "resolved", endsAt: startsAt - MINUTE });
    await send(testNotification({ alert, reason: "corrected" }));
    const later = testAlert({ status: "resolved", endsAt: startsAt + 999 * MINUTE });
    await send(testNotification({ alert: later, reason: "resolved" }));
    expect(first.received.map(({ body }) => body)).toMatchObject([
      [{ endsAt: "2026-11-24T02:00:00.000Z" }],
      [{ endsAt: "2026-11-24T02:01:00.000Z" }],
    ]);
  });
});
