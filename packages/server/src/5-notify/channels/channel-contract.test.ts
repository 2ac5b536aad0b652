// What every channel must do, whatever its service: one suite over all that speak HTTP, against a real server. Mail has the
// same one over SMTP beside its file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHANNEL_OPTIONS, CHANNEL_TYPES, type ChannelType } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SendOutcome } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import {
  type Answer,
  type HttpReceiver,
  startHttpReceiver,
  unusedOrigin,
} from "../test-support/http-receiver.ts";
import { resolvedNotification, testNotification } from "../test-support/notification.ts";

interface Candidate {
  name: string;
  type: ChannelType;
  options: (origin: string) => Record<string, unknown>;
  /** What the service answers when all is well. */
  good: Answer;
  /** An option that is secret, and its value in `options`. */
  secret: { option: string; value: string; required?: false };
  /** False where the body must be read to know the outcome. */
  bodyCounts?: boolean;
}

const TOKEN = "Zq7-s3cr3t-T0KEN-91";
const SLACK_OK = { status: 200, body: '{"ok":true,"channel":"C1","ts":"17.1"}' };
const TELEGRAM_OK = { status: 200, body: '{"ok":true,"result":{"message_id":5}}' };

const CANDIDATES: readonly Candidate[] = [
  {
    name: "webhook",
    type: "webhook",
    options: (origin) => ({ url: `${origin}/hook/${TOKEN}`, headers: { "x-key": TOKEN } }),
    good: { status: 200 },
    secret: { option: "url", value: TOKEN },
  },
  {
    name: "signed webhook with a bearer token",
    type: "webhook",
    options: (origin) => ({ url: `${origin}/hook`, bearerToken: TOKEN, signingSecret: `${TOKEN}-signing` }),
    good: { status: 204 },
    secret: { option: "bearerToken", value: TOKEN, required: false },
  },
  {
    name: "webhook with basic authentication",
    type: "webhook",
    options: (origin) => ({ url: `${origin}/hook`, username: "ops", password: TOKEN }),
    good: { status: 200 },
    secret: { option: "password", value: TOKEN, required: false },
  },
  {
    name: "pagerduty",
    type: "pagerduty",
    options: (origin) => ({ url: `${origin}/v2/enqueue`, routingKey: TOKEN }),
    good: { status: 202, body: '{"status":"success"}' },
    secret: { option: "routingKey", value: TOKEN },
  },
  {
    name: "slack by webhook",
    type: "slack",
    options: (origin) => ({ url: `${origin}/services/T0/B0/${TOKEN}` }),
    good: { status: 200, body: "ok" },
    secret: { option: "url", value: TOKEN },
  },
  {
    name: "slack by bot",
    type: "slack",
    options: (origin) => ({ apiUrl: `${origin}/api`, botToken: TOKEN, channel: "C1" }),
    good: SLACK_OK,
    secret: { option: "botToken", value: TOKEN },
    bodyCounts: true,
  },
  {
    name: "alertmanager",
    type: "alertmanager",
    options: (origin) => ({ urls: [`${origin}/am/`], bearerToken: TOKEN }),
    good: { status: 200 },
    secret: { option: "bearerToken", value: TOKEN, required: false },
  },
  {
    name: "msteams",
    type: "msteams",
    options: (origin) => ({ url: `${origin}/workflows/1?sig=${TOKEN}` }),
    good: { status: 202 },
    secret: { option: "url", value: TOKEN },
  },
  {
    name: "discord",
    type: "discord",
    options: (origin) => ({ url: `${origin}/api/webhooks/1/${TOKEN}` }),
    good: { status: 204 },
    secret: { option: "url", value: TOKEN },
  },
  {
    name: "opsgenie",
    type: "opsgenie",
    options: (origin) => ({ apiUrl: origin, apiKey: TOKEN }),
    good: { status: 202, body: '{"result":"Request will be processed"}' },
    secret: { option: "apiKey", value: TOKEN },
  },
  {
    name: "telegram",
    type: "telegram",
    options: (origin) => ({ apiUrl: origin, botToken: `12345:${TOKEN}`, chatId: "-1001" }),
    good: TELEGRAM_OK,
    secret: { option: "botToken", value: TOKEN },
    bodyCounts: true,
  },
  {
    name: "oneuptime",
    type: "oneuptime",
    options: (origin) => ({ url: `${origin}/heartbeat/${TOKEN}` }),
    good: { status: 200 },
    secret: { option: "url", value: TOKEN },
  },
];

test("every channel is under this contract, or under that of mail", () => {
  const covered = new Set([...CANDIDATES.map(({ type }) => type), "email"]);
  expect([...covered].toSorted()).toEqual(CHANNEL_TYPES.toSorted());
});

let server: HttpReceiver;
let directory: string;

beforeEach(async () => {
  server = await startHttpReceiver();
  directory = mkdtempSync(join(tmpdir(), "batchwatch-channels-"));
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe.each(CANDIDATES)("$name", ({ type, options, good, secret, bodyCounts = false }) => {
  function send(
    given: Record<string, unknown> = options(server.origin),
    signal = AbortSignal.timeout(20_000),
    notification = testNotification(),
  ): Promise<SendOutcome> {
    return createReceiver("team", type, given).send(notification, signal);
  }

  test("delivers, and answers with the proof", async () => {
    server.answers = [good];
    const status = typeof good === "function" ? 0 : good.status;
    expect(await send()).toMatchObject({ kind: "delivered", status });
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.headers).toMatchObject({ "user-agent": "Batchwatch" });
    expect(server.received[0]?.headers["content-type"]).toMatch(/^application\/json/);
  });

  test("sends the same again when it is asked to send again", async () => {
    server.answers = [good];
    await send();
    await send();
    expect(server.received[1]).toEqual(server.received[0]);
  });

  test.each<[number, SendOutcome["kind"]]>([
    [400, "refused"],
    [401, "refused"],
    [403, "refused"],
    [404, "refused"],
    [410, "refused"],
    [408, "retry"],
    [429, "retry"],
    [500, "retry"],
    [502, "retry"],
    [503, "retry"],
  ])("takes %i as %s, and says what was answered", async (status, kind) => {
    server.answers = [{ status, body: "not\n\u0007today" }];
    const outcome = await send();
    expect(outcome).toMatchObject({ kind, status });
    expect(outcome.kind === "delivered" ? "" : outcome.error).toMatch(
      new RegExp(`(^|: )it answered ${status}: not today$`),
    );
    expect(server.received).toHaveLength(1);
  });

  test.each([
    ["7", 7_000],
    ["86400", 3_600_000],
    ["-3", 0],
    ["soon", null],
  ])("honours Retry-After: %s", async (header, waitMs) => {
    server.answers = [{ status: 429, headers: { "retry-after": header } }];
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: "retry", status: 429 });
    const asked = outcome.kind === "retry" ? outcome.retryAfterMs : undefined;
    expect(asked ?? 0).toBe(waitMs ?? 0);
  });

  test.each([301, 302, 303, 307, 308])("follows no redirect (%i)", async (status) => {
    const elsewhere = await startHttpReceiver();
    server.answers = [{ status, headers: { location: `${elsewhere.origin}/steal?key=${TOKEN}` } }];
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: "refused", status });
    expect(JSON.stringify(outcome)).toContain(`it redirects to ${elsewhere.origin}, which is not followed`);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test("tries again when nobody answers in time", async () => {
    server.answers = [() => {}];
    const controller = new AbortController();
    const sending = send(undefined, controller.signal);
    while (server.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    const outcome = await sending;
    expect(outcome).toMatchObject({ kind: "retry", status: null });
    expect(JSON.stringify(outcome)).toContain("no answer in time");
  });

  test("reads no more of an endless answer than it needs", async () => {
    let closed = false;
    server.answers = [
      (response) => {
        response.writeHead(500);
        response.on("close", () => {
          closed = true;
        });
        const write = (): void => {
          while (!closed && response.write("x".repeat(65_536)));
          response.once("drain", write);
        };
        write();
      },
    ];
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: "retry", status: 500 });
    expect(JSON.stringify(outcome).length).toBeLessThan(600);
    while (!closed) await new Promise((resolve) => setImmediate(resolve));
  });

  test("takes the status for the answer where the body never comes", async () => {
    server.answers = [
      (response) => {
        response.writeHead(
          bodyCounts ? 503 : typeof good === "function" ? 200 : good.status === 204 ? 200 : good.status,
        );
        response.write("{");
      },
    ];
    expect((await send()).kind).toBe(bodyCounts ? "retry" : "delivered");
  });

  test("tries again when the answer is no HTTP, breaks off, or nobody listens", async () => {
    const garbage = createTcpServer((socket: Socket) => {
      socket.on("error", () => {});
      socket.end("220 mail.example.com ESMTP\r\n\u0000\u0001");
    });
    await new Promise<void>((resolve) => garbage.listen(0, "127.0.0.1", resolve));
    const { port } = garbage.address() as AddressInfo;
    expect(await send(options(`http://127.0.0.1:${port}`))).toMatchObject({ kind: "retry", status: null });
    garbage.close();
    server.answers = [(response) => response.destroy()];
    expect(await send()).toMatchObject({ kind: "retry", status: null });
    const nobody = await send(options(await unusedOrigin()));
    expect(nobody).toMatchObject({ kind: "retry", status: null });
    expect(JSON.stringify(nobody)).toMatch(/ECONNREFUSED/);
  });

  test("tells nothing to a server whose certificate is not trusted", async () => {
    const tls = join(import.meta.dirname, "../../testdata/tls");
    const untrusted = await startHttpReceiver({
      key: readFileSync(join(tls, "key.pem")),
      cert: readFileSync(join(tls, "cert.pem")),
    });
    const outcome = await send(options(untrusted.origin));
    expect(outcome).toMatchObject({ kind: "retry", status: null });
    expect(JSON.stringify(outcome)).toContain("its certificate is not trusted");
    expect(untrusted.received).toEqual([]);
    await untrusted.close();
  });

  test("never repeats a secret, even when the service does", async () => {
    server.answers = [
      (response, { path, headers, text }) =>
        response
          .writeHead(400)
          .end(
            `bad ${path} ${headers.authorization ?? ""} ${String(headers["x-key"] ?? "")} ${text.slice(0, 120)}`,
          ),
    ];
    const receiver = createReceiver("team", type, options(server.origin));
    const outcome = await receiver.send(testNotification(), AbortSignal.timeout(5_000));
    expect(outcome).toMatchObject({ kind: "refused", status: 400 });
    const shown = JSON.stringify([outcome, receiver]);
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain(Buffer.from(`ops:${TOKEN}`).toString("base64"));
  });

  test("reads a secret from its file for each message, and says when it cannot", async () => {
    const { [secret.option]: value, ...others } = options(server.origin);
    const file = join(directory, "secret");
    const given = { ...others, [`${secret.option}File`]: file };
    const missing = await send(given);
    expect(missing).toMatchObject({
      kind: "retry",
      error: `${secret.option}File: ${file} cannot be read (ENOENT)`,
    });
    writeFileSync(file, " \n");
    expect(await send(given)).toMatchObject({
      kind: "retry",
      error: `${secret.option}File: ${file} is empty`,
    });
    writeFileSync(file, `${String(value)}\n`);
    server.answers = [good];
    expect(await send(given)).toMatchObject({ kind: "delivered" });
    await send(options(server.origin));
    expect(server.received[0]).toEqual(server.received[1]);
    server.answers = [
      (response, { path, headers, text }) =>
        response.writeHead(400).end(JSON.stringify([path, headers, text])),
    ];
    expect(JSON.stringify(await send(given))).not.toContain(TOKEN);
  });

  test("says nothing of a resolution where sendResolved is false", async () => {
    const given = { ...options(server.origin), sendResolved: false };
    expect(await send(given, undefined, resolvedNotification())).toEqual({
      kind: "delivered",
      status: null,
      note: "not sent, since sendResolved is false",
    });
    expect(server.received).toEqual([]);
  });

  test("names the option that is wrong, and never its value", () => {
    const given = options(server.origin);
    expect(() => createReceiver("team", type, { ...given, colour: "red" })).toThrow(/colour/);
    const { [secret.option]: _, ...without } = given;
    if (secret.required !== false)
      expect(() => createReceiver("team", type, without)).toThrow(new RegExp(`${secret.option}|url`));
    expect(() => createReceiver("team", type, { ...given, [`${secret.option}File`]: "/x" })).toThrow(
      /leave one of them out/,
    );
  });

  test("is described without its secrets", () => {
    expect(createReceiver("team", type, options("https://hooks.example.com")).target).toContain(
      "hooks.example.com",
    );
    expect(CHANNEL_OPTIONS[type].secrets).toContain(secret.option);
  });
});
