/**
 * Webhook: POSTs JSON to an address. `generic` is Alertmanager's webhook shape (version 4), so that whatever takes
 * Alertmanager's webhooks takes ours; `slack` is what Slack's incoming webhooks (and Mattermost's, Rocket.Chat's) take.
 */
import { z } from "zod";
import type { Channel, Notification } from "../channel.ts";
import { postJson } from "../post-json.ts";

export const webhookOptionsSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("http(s) address that takes the POST. Secret."),
  format: z.enum(["generic", "slack"]).default("generic"),
  headers: z.record(z.string(), z.string()).default({}).describe("Further request headers. Secret."),
});
export type WebhookOptions = z.infer<typeof webhookOptionsSchema>;

export const webhookChannel: Channel<WebhookOptions> = {
  type: "webhook",
  optionsSchema: webhookOptionsSchema,
  render(options, notification) {
    return options.format === "slack" ? renderSlack(notification) : renderGeneric(notification);
  },
  send(options, notification, signal) {
    return postJson(options.url, this.render(options, notification), options.headers, signal);
  },
};

function renderGeneric({ alert, dedupKey, reason, receiver, incidentUrl }: Notification) {
  const annotations = { ...alert.annotations, incident_url: incidentUrl };
  return {
    version: "4",
    groupKey: dedupKey,
    truncatedAlerts: 0,
    status: alert.status,
    receiver,
    groupLabels: { alertname: alert.labels.alertname ?? "", job_name: alert.labels.job_name ?? "" },
    commonLabels: alert.labels,
    commonAnnotations: annotations,
    externalURL: new URL("/", incidentUrl).href,
    alerts: [
      {
        status: alert.status,
        labels: alert.labels,
        annotations,
        startsAt: new Date(alert.startsAt).toISOString(),
        endsAt: alert.endsAt === null ? "0001-01-01T00:00:00Z" : new Date(alert.endsAt).toISOString(),
        generatorURL: incidentUrl,
        fingerprint: dedupKey,
      },
    ],
    batchwatch: { reason, severity: alert.severity, facts: alert.facts },
  };
}

const SLACK_COLOURS = { critical: "#c92a2a", warning: "#e67700", info: "#4263eb" } as const;
const RESOLVED_COLOUR = "#0ca678";
/** Slack cuts a section's text at 3 000 characters and refuses the message above it. */
const SLACK_TEXT_LIMIT = 2900;

function renderSlack({ alert, reason, incidentUrl }: Notification) {
  const state = alert.status === "resolved" ? "Resolved" : reason === "raised" ? "Worse" : "Open";
  const summary = alert.annotations.summary ?? alert.labels.job_name ?? "";
  const body =
    alert.status === "resolved"
      ? (alert.annotations.resolution ?? "Everything in it is mended.")
      : alert.facts.map((fact) => `• ${fact.explanation}`).join("\n");
  const links = [
    `<${incidentUrl}|Incident>`,
    ...link(alert.annotations.run_url, "Run"),
    ...link(alert.annotations.runbook_url, "Runbook"),
  ].join(" · ");
  return {
    text: `${state}: ${slackText(summary)}`,
    attachments: [
      {
        color: alert.status === "resolved" ? RESOLVED_COLOUR : SLACK_COLOURS[alert.severity],
        fallback: `${state}: ${slackText(summary)}`,
        blocks: [
          {
            type: "section",
            text: {
              type: "mrkdwn",
              text: `*${state} (${alert.severity}): ${slackText(summary)}*\n${slackText(body).slice(0, SLACK_TEXT_LIMIT)}`,
            },
          },
          { type: "context", elements: [{ type: "mrkdwn", text: links }] },
        ],
      },
    ],
  };
}

function link(url: string | undefined, text: string): string[] {
  return url === undefined ? [] : [`<${url}|${text}>`];
}

/** Slack's three control characters. */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
