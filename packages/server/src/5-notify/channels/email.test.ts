// Mail against a real SMTP server: the contract of all channels in SMTP's words, threads, and what protects the way.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Notification, SendOutcome } from "../channel.ts";
import { createReceiver } from "../channel-registry.ts";
import { resolvedNotification, testAlert, testNotification } from "../test-support/notification.ts";
import { type SmtpOptions, type SmtpReceiver, startSmtpReceiver } from "../test-support/smtp-receiver.ts";

const TLS_DIRECTORY = join(import.meta.dirname, "../../testdata/tls");
const tls = {
  key: readFileSync(join(TLS_DIRECTORY, "key.pem")),
  cert: readFileSync(join(TLS_DIRECTORY, "cert.pem")),
};
const caFile = join(TLS_DIRECTORY, "cert.pem");
const PASSWORD = "Zq7-s3cr3t-P4SS-91";

let server: SmtpReceiver;
let directory: string;

beforeEach(async () => {
  server = await startSmtpReceiver();
  directory = mkdtempSync(join(tmpdir(), "batchwatch-mail-"));
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

async function restart(options: SmtpOptions): Promise<void> {
  await server.close();
  server = await startSmtpReceiver(options);
}

function send(
  more: object = {},
  notification: Notification = testNotification(),
  signal = AbortSignal.timeout(15_000),
): Promise<SendOutcome> {
  const options = {
    host: "127.0.0.1",
    port: server.port,
    tls: "none",
    from: "Batchwatch <batchwatch@example.com>",
    to: ["ops@example.com", "Data <data@example.com>"],
    ...more,
  };
  return createReceiver("team", "email", options).send(notification, signal);
}

function header(data: string, name: string): string | undefined {
  const head = (data.split("\n\n", 1)[0] ?? "").replace(/\n[ \t]+/g, " ");
  return new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1];
}

describe("a mail", () => {
  test("goes to all recipients, as text and HTML", async () => {
    expect(await send()).toEqual({ kind: "delivered", status: 250 });
    const [mail] = server.mails;
    expect(mail).toMatchObject({
      from: "batchwatch@example.com",
      to: ["ops@example.com", "data@example.com"],
    });
    const data = mail?.data ?? "";
    expect(header(data, "Subject")).toBe("[critical] Open: daily_etl: run failed");
    expect(header(data, "From")).toBe("Batchwatch <batchwatch@example.com>");
    expect(header(data, "Auto-Submitted")).toBe("auto-generated");
    expect(data).toContain("text/plain; charset=utf-8");
    expect(data).toContain("text/html; charset=utf-8");
    expect(data).toContain("Exit code 1 &lt;oops&gt; &amp; more.");
  });

  test("belongs to the thread of its incident", async () => {
    await send();
    await send({}, testNotification({ reason: "raised", messageId: "delivery-8" }));
    await send({}, resolvedNotification({ messageId: "delivery-9" }));
    await send({}, resolvedNotification({ messageId: "delivery-9" }));
    const [opened = "", raised = "", resolved = "", again = ""] = server.mails.map(({ data }) => data);
    const root = header(opened, "Message-ID");
    expect(root).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(header(opened, "In-Reply-To")).toBeUndefined();
    for (const later of [raised, resolved]) {
      expect(header(later, "In-Reply-To")).toBe(root);
      expect(header(later, "References")).toBe(root);
      expect(header(later, "Message-ID")).not.toBe(root);
    }
    expect(header(raised, "Message-ID")).not.toBe(header(resolved, "Message-ID"));
    expect(header(again, "Message-ID")).toBe(header(resolved, "Message-ID"));
  });

  test("has no further header or recipient by what others wrote", async () => {
    const summary = "job\r\nBcc: evil@example.net\r\n\r\nbody";
    const alert = testAlert({ annotations: { summary }, labels: { job_name: "x\nTo: evil@example.net" } });
    await send({}, testNotification({ alert, dedupKey: "k>\r\nX-Evil: 1" }));
    const [mail] = server.mails;
    expect(mail?.to).toEqual(["ops@example.com", "data@example.com"]);
    expect(header(mail?.data ?? "", "Bcc")).toBeUndefined();
    expect(header(mail?.data ?? "", "X-Evil")).toBeUndefined();
    expect(header(mail?.data ?? "", "Subject")).toContain("job Bcc: evil@example.net body");
  });
});

describe("what the server answers", () => {
  test.each([
    ["greeting", "421 too busy", "retry", 421],
    ["EHLO", "500 go away", "refused", 500],
    ["MAIL", "451 try later", "retry", 451],
    ["MAIL", "530 log in first", "refused", 530],
    ["RCPT", "450 mailbox busy", "retry", 450],
    ["RCPT", "550 no such user", "refused", 550],
    ["DATA", "452 no room", "retry", 452],
    [".", "451 greylisted", "retry", 451],
    [".", "554 spam\u0007", "refused", 554],
  ])("%s: %s", async (verb, answer, kind, status) => {
    server.answers.set(verb, answer);
    if (verb === "EHLO") server.answers.set("HELO", answer);
    const outcome = await send();
    expect(outcome).toMatchObject({ kind, status });
    expect(outcome.kind === "delivered" ? "" : outcome.error).toContain(answer.slice(4, 8));
    expect(server.mails).toEqual([]);
  });

  test("one recipient that is refused does not keep the others from it, and is told", async () => {
    server.answers.set("RCPT TO:<data@example.com>", "550 no such user");
    expect(await send()).toEqual({
      kind: "delivered",
      status: 250,
      note: "refused for data@example.com",
    });
    expect(server.mails[0]?.to).toEqual(["ops@example.com"]);
  });

  test.each(["greeting", "EHLO", "MAIL", "."])(
    "it is tried again when nothing comes after %s",
    async (verb) => {
      server.answers.set(verb, null);
      const controller = new AbortController();
      const sending = send({}, testNotification(), controller.signal);
      const wanted = { greeting: 0, EHLO: 1, MAIL: 2, ".": 5 }[verb] ?? 0;
      while (server.sessions.length === 0 || (server.sessions[0]?.commands.length ?? 0) < wanted)
        await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      expect(await sending).toEqual({
        kind: "retry",
        status: null,
        error: "no answer in time",
        retryAfterMs: null,
      });
    },
  );

  test("it is tried again when it is no mail server, breaks off, or nobody listens", async () => {
    const garbage = createServer((socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n\u0000");
    });
    await new Promise<void>((resolve) => garbage.listen(0, "127.0.0.1", resolve));
    const { port } = garbage.address() as AddressInfo;
    expect(await send({ port })).toMatchObject({ kind: "retry" });
    await new Promise((resolve) => garbage.close(resolve));
    expect(await send({ port })).toMatchObject({ kind: "retry", status: null });
  });
});

describe("the way there", () => {
  test("is encrypted by STARTTLS before anything is said", async () => {
    await restart({ tls });
    const given = { tls: "starttls", caFile, host: "localhost", username: "ops", password: PASSWORD };
    expect(await send(given)).toMatchObject({ kind: "delivered" });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ secured: true, user: "ops" });
    const { commands = [] } = mail ?? {};
    expect(commands.indexOf("STARTTLS")).toBeLessThan(commands.findIndex((line) => line.startsWith("AUTH")));
  });

  test("says nothing to a server without STARTTLS, where it is required", async () => {
    const outcome = await send({ tls: "starttls", username: "ops", password: PASSWORD });
    expect(outcome.kind).not.toBe("delivered");
    expect(server.sessions.flatMap(({ commands }) => commands.join(" "))).not.toContainEqual(
      expect.stringMatching(/AUTH|MAIL/),
    );
  });

  test("says nothing to a server whose certificate is not trusted", async () => {
    await restart({ tls });
    const outcome = await send({ tls: "starttls", username: "ops", password: PASSWORD });
    expect(outcome).toMatchObject({ kind: "retry", status: null });
    expect(JSON.stringify(outcome)).toMatch(/certificate/);
    expect(server.mails).toEqual([]);
  });

  test("is encrypted from the first byte where it is said so", async () => {
    await restart({ tls, implicit: true });
    expect(await send({ tls: "implicit", caFile, host: "localhost" })).toMatchObject({ kind: "delivered" });
    expect(server.mails[0]?.secured).toBe(true);
  });

  test("is encrypted opportunistically where the server offers it, else not", async () => {
    expect(await send({ tls: "opportunistic" })).toMatchObject({ kind: "delivered" });
    await restart({ tls });
    expect(await send({ tls: "opportunistic", caFile, host: "localhost" })).toMatchObject({
      kind: "delivered",
    });
    expect(server.mails[0]?.secured).toBe(true);
  });
});

describe("the password", () => {
  test("comes from its file for each mail, and is in no error", async () => {
    const file = join(directory, "password");
    const given = { username: "ops", passwordFile: file };
    expect(await send(given)).toMatchObject({
      kind: "retry",
      error: `passwordFile: ${file} cannot be read (ENOENT)`,
    });
    writeFileSync(file, `${PASSWORD}\n`);
    expect(await send(given)).toMatchObject({ kind: "delivered" });
    const plain = Buffer.from(`\u0000ops\u0000${PASSWORD}`).toString("base64");
    server.answers.set("AUTH", `535 wrong: ${PASSWORD} ${plain}`);
    const outcome = await send(given);
    expect(outcome).toMatchObject({ kind: "refused", status: 535 });
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD);
    expect(JSON.stringify(outcome)).not.toContain(plain);
  });

  test.each([
    [{ username: "ops" }, "password"],
    [{ password: "p" }, "username"],
    [{ to: [] }, "to"],
    [{ to: ["nobody"] }, "to"],
    [{ from: "a@b\r\nBcc: c@d" }, "from"],
    [{ port: 0 }, "port"],
    [{ tls: "maybe" }, "tls"],
    [{ host: "a b" }, "host"],
    [{ colour: "red" }, "colour"],
  ])("%j is refused", (more, option) => {
    const options = { host: "mail.example.com", from: "a@example.com", to: ["b@example.com"], ...more };
    expect(() => createReceiver("team", "email", options)).toThrow(new RegExp(`"${option}"`));
  });

  test("is not said in the description, and a resolution only where it is wanted", async () => {
    const options = {
      host: "mail.example.com",
      from: "a@example.com",
      to: ["b@example.com"],
      sendResolved: false,
    };
    const receiver = createReceiver("team", "email", { ...options, username: "u", password: PASSWORD });
    expect(receiver.target).toBe("b@example.com by mail.example.com:587");
    expect(await receiver.send(resolvedNotification(), AbortSignal.timeout(1_000))).toMatchObject({
      kind: "delivered",
      status: null,
    });
  });
});
