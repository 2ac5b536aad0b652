/**
 * Alertmanager, API v2: POST /api/v2/alerts to every member of a cluster, as Prometheus does it. A firing alert is told
 * again every minute and ends by itself four minutes after the last word, so an outage of ours does not keep it open; one
 * member that answers is enough, the others get it with the next word. A resolved one is told again for 15 minutes, to
 * whoever missed it. When a label changed (the severity rose) the alert under the old labels is ended as well: to
 * Alertmanager it is another one. The labels sent last are what it remembers.
 */
import {
  type AlertmanagerOptions,
  alertmanagerOptions,
} from "@batchwatch/protocol/channels/alertmanager-options";
import { z } from "zod";
import type { Alert } from "../../model/alert.ts";
import type { Channel, Notification, SendOutcome } from "../channel.ts";
import { postJson } from "../http-exchange.ts";
import { safeUrl } from "../message-words.ts";
import { authorization } from "./authorization.ts";

const RESEND_MS = 60_000;
const ENDS_AFTER_MS = 4 * RESEND_MS;
const RESOLVED_RESEND_MS = 15 * 60_000;

type Labels = Readonly<Record<string, string>>;
const memorySchema = z.object({ labels: z.record(z.string(), z.string()) });

export const alertmanagerChannel: Channel<"alertmanager", typeof alertmanagerOptions.shape> = {
  definition: alertmanagerOptions,
  remembers: true,
  resends: true,
  target: ({ urls }) => (Array.isArray(urls) ? urls.map((url) => new URL(String(url)).host).join(", ") : ""),
  render(_options, notification) {
    const { alert, others, incidentUrl, memory } = notification;
    const current = messageOf(alert, notification, incidentUrl);
    const before = memorySchema.safeParse(memory);
    const replaced =
      before.success && !sameLabels(before.data.labels, current.labels)
        ? [{ ...current, labels: before.data.labels, endsAt: instant(endOf(alert, notification.sentAt)) }]
        : [];
    const further = others.map((other) => messageOf(other, notification, other.annotations.incident_url));
    return [...replaced, current, ...further];
  },
  async send(options, notification, signal) {
    const body = JSON.stringify(this.render(options, notification));
    const headers = { "content-type": "application/json", ...authorization(options), ...options.headers };
    const outcomes = await Promise.all(
      options.urls.map((url) => postJson(`${url.replace(/\/+$/, "")}/api/v2/alerts`, body, headers, signal)),
    );
    return together(outcomes, options, notification);
  },
};

function messageOf(alert: Alert, { sentAt }: Notification, incidentUrl: string | undefined) {
  const generatorURL = safeUrl(incidentUrl);
  return {
    labels: validNames(alert.labels),
    annotations: validNames({
      ...alert.annotations,
      ...(incidentUrl === undefined ? {} : { incident_url: incidentUrl }),
    }),
    startsAt: instant(alert.startsAt),
    endsAt: instant(alert.status === "firing" ? sentAt + ENDS_AFTER_MS : endOf(alert, sentAt)),
    ...(generatorURL === null ? {} : { generatorURL }),
  };
}

/** Its end may not lie before its start, nor in the future, or it would still count as firing. */
function endOf({ startsAt, endsAt }: Alert, sentAt: number): number {
  return Math.max(startsAt, Math.min(endsAt ?? sentAt, sentAt));
}

/** An empty value means no label; a name that Alertmanager refuses would lose the whole alert. */
function validNames(pairs: Labels): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pairs)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => [name.replace(/^(?=\d)/, "_").replaceAll(/[^a-zA-Z0-9_]/g, "_"), value]),
  );
}

function sameLabels(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function together(
  outcomes: readonly SendOutcome[],
  { urls }: AlertmanagerOptions,
  { alert, sentAt }: Notification,
): SendOutcome {
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.kind === "delivered" ? [] : [{ outcome, host: new URL(urls[index] ?? "").host }],
  );
  const error = failures.map(({ outcome, host }) => `${host}: ${outcome.error}`).join("; ");
  const delivered = outcomes.find((outcome) => outcome.kind === "delivered");
  if (delivered === undefined) {
    const retries = failures.flatMap(({ outcome }) => (outcome.kind === "retry" ? [outcome] : []));
    const status = failures[0]?.outcome.status ?? null;
    if (retries.length === 0) return { kind: "refused", status, error };
    const waits = retries.map(({ retryAfterMs }) => retryAfterMs ?? 0);
    return { kind: "retry", status, error, retryAfterMs: Math.min(...waits) || null };
  }
  const isResolved = alert.status === "resolved";
  const missed = failures.length > 0 && sentAt - (alert.endsAt ?? sentAt) < RESOLVED_RESEND_MS;
  return {
    kind: "delivered",
    status: delivered.status,
    memory: { labels: validNames(alert.labels) },
    ...(error === "" ? {} : { note: error }),
    ...(isResolved && !missed ? {} : { resendAt: sentAt + RESEND_MS }),
  };
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
