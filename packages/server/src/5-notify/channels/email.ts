/**
 * Mail by SMTP: one message a change, with text and HTML, to all recipients together. The messages about an incident are
 * one thread: the first one's Message-ID is made from the de-duplication key, the later ones refer to it. A message that is
 * sent again has the same Message-ID, so that mail servers can drop the repetition.
 */
import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type EmailOptions, emailOptions } from "@batchwatch/protocol/channels/email-options";
import type { Channel, Notification, SendOutcome } from "../channel.ts";
import { fitText } from "../fit-text.ts";
import { shownAnswer } from "../http-exchange.ts";
import { messageWords } from "../message-words.ts";
import { htmlMail, textMail } from "./email-body.ts";

/** RFC 5322 advises 78 characters a line and allows 998. */
const SUBJECT_LIMIT = 200;
/** Within the time that a try may take; the signal is the last word. */
const STEP_TIMEOUT_MS = 9_000;

export interface Mail {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  messageId: string;
  inReplyTo?: string;
  references?: string;
  priority: "high" | "normal";
  headers: Record<string, string>;
}

export const emailChannel: Channel<"email", typeof emailOptions.shape> = {
  definition: emailOptions,
  target: ({ to, host, port }) =>
    `${Array.isArray(to) ? to.join(", ") : ""} by ${String(host)}:${String(port)}`,
  render({ from, to }, notification): Mail {
    const words = messageWords(notification);
    const { alert, reason } = notification;
    const root = messageIdOf(notification, from, null);
    const isFirst = reason === "opened";
    return {
      from,
      to,
      subject: fitText(`[${alert.severity}] ${words.state}: ${words.summary}`, SUBJECT_LIMIT),
      text: textMail(words),
      html: htmlMail(words),
      messageId: isFirst ? root : messageIdOf(notification, from, notification.messageId),
      ...(isFirst ? {} : { inReplyTo: root, references: root }),
      priority: alert.severity === "critical" && alert.status === "firing" ? "high" : "normal",
      headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
    };
  },
  async send(options, notification, signal) {
    const { createTransport } = await import("nodemailer");
    const ca = options.caFile === undefined ? undefined : await readFile(options.caFile, "utf8");
    const { host, port, tls, username, password } = options;
    const transport = createTransport({
      host,
      port,
      secure: tls === "implicit",
      requireTLS: tls === "starttls",
      ignoreTLS: tls === "none",
      ...(tls === "opportunistic" ? { opportunisticTLS: true } : {}),
      ...(ca === undefined ? {} : { tls: { ca } }),
      ...(username === undefined ? {} : { auth: { user: username, pass: password ?? "" } }),
      connectionTimeout: STEP_TIMEOUT_MS,
      greetingTimeout: STEP_TIMEOUT_MS,
      socketTimeout: STEP_TIMEOUT_MS,
      dnsTimeout: STEP_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      const mail = this.render(options, notification) as Mail;
      const sent = await transport.sendMail({ ...mail, signal });
      return deliveredMail(sent);
    } catch (error) {
      return outcomeOfMailError(error, signal);
    } finally {
      transport.close();
    }
  },
};

/** Ours for an incident, or for one message about it. */
function messageIdOf(
  { dedupKey }: Notification,
  from: EmailOptions["from"],
  messageId: string | null,
): string {
  const incident = hash("sha256", dedupKey).slice(0, 32);
  const domain = /@([^\s@<>]+)>?$/.exec(from)?.[1] ?? "batchwatch.invalid";
  const local = messageId === null ? incident : `${incident}.${messageId.replaceAll(/[^\w-]/g, "-")}`;
  return `<${local}@${domain}>`;
}

interface SentMail {
  response?: string;
  rejected?: readonly unknown[];
}

function deliveredMail({ response = "", rejected = [] }: SentMail): SendOutcome {
  const status = Number.parseInt(response, 10);
  return {
    kind: "delivered",
    status: Number.isFinite(status) ? status : null,
    ...(rejected.length === 0 ? {} : { note: `refused for ${rejected.map(addressText).join(", ")}` }),
  };
}

function addressText(address: unknown): string {
  return typeof address === "string"
    ? address
    : String((address as { address?: unknown } | null)?.address ?? "?");
}

/** What the server refused for good (5xx) is parked; a server that is away or busy (4xx) is asked again. */
function outcomeOfMailError(error: unknown, signal: AbortSignal): SendOutcome {
  if (signal.aborted) return { kind: "retry", status: null, error: "no answer in time", retryAfterMs: null };
  const { message, code, responseCode } = error as { message?: string; code?: string; responseCode?: number };
  const status = responseCode ?? null;
  const words = shownAnswer(message ?? String(error));
  const isFinal =
    status === null ? code === "EENVELOPE" || code === "EMESSAGE" : status >= 500 && status !== 503;
  return isFinal
    ? { kind: "refused", status, error: words }
    : { kind: "retry", status, error: words, retryAfterMs: null };
}
