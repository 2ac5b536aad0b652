/**
 * PagerDuty, Events API v2: one alert an incident, found again by its de-duplication key. Opening, worsening and reminding
 * trigger it, acknowledging and resolving say so. Limits by its documentation: summary 1 024 characters, key 255, the
 * whole event 512 KB.
 */
import { pagerdutyOptions } from "@batchwatch/protocol/channels/pagerduty-options";
import type { DeliveryReason } from "../../model/watch.ts";
import type { Channel, Notification } from "../channel.ts";
import { fitKey, fitText } from "../fit-text.ts";
import { postJson } from "../http-exchange.ts";
import { type MessageWords, messageWords } from "../message-words.ts";

const SUMMARY_LIMIT = 1024;
const KEY_LIMIT = 255;
const DETAIL_LIMIT = 1_000;
const DETAILS_LIMIT = 40;
const LINES_LIMIT = 20;
const OTHERS_LIMIT = 50;

const ACTIONS: Readonly<Record<DeliveryReason, "trigger" | "acknowledge" | "resolve">> = {
  opened: "trigger",
  raised: "trigger",
  repeated: "trigger",
  acknowledged: "acknowledge",
  resolved: "resolve",
  corrected: "resolve",
};

/** Our severities are three of its four (critical, error, warning, info). */
export const pagerdutyChannel: Channel<"pagerduty", typeof pagerdutyOptions.shape> = {
  definition: pagerdutyOptions,
  target: ({ url }) => new URL(String(url)).origin,
  render({ source }, notification) {
    const { alert, dedupKey, reason, incidentUrl } = notification;
    const words = messageWords(notification);
    const { labels } = alert;
    return {
      event_action: ACTIONS[reason],
      dedup_key: fitKey(dedupKey, KEY_LIMIT),
      client: "Batchwatch",
      client_url: incidentUrl,
      links: words.links.map(({ text, url }) => ({ href: url, text })),
      payload: {
        summary: fitText(words.summary, SUMMARY_LIMIT),
        source,
        severity: alert.severity,
        timestamp: new Date(alert.startsAt).toISOString(),
        class: fitText(labels.alertname ?? "", DETAIL_LIMIT),
        component: fitText(labels.job_name ?? "", DETAIL_LIMIT),
        group: fitText(
          [labels.namespace, labels.environment].filter(Boolean).join("/") || "default",
          DETAIL_LIMIT,
        ),
        custom_details: customDetails(words, notification),
      },
    };
  },
  send(options, notification, signal) {
    const event = this.render(options, notification) as object;
    return postJson(options.url, { routing_key: options.routingKey, ...event }, {}, signal);
  },
};

function customDetails({ lines, details, others }: MessageWords, { alert, reason }: Notification) {
  const labels = Object.entries(alert.labels).slice(0, DETAILS_LIMIT);
  return {
    state: reason,
    why: lines.slice(0, LINES_LIMIT).map((line) => fitText(line, DETAIL_LIMIT)),
    ...Object.fromEntries(details.map(([name, value]) => [name.toLowerCase(), fitText(value, DETAIL_LIMIT)])),
    labels: Object.fromEntries(
      labels.map(([name, value]) => [fitText(name, 200), fitText(value, DETAIL_LIMIT)]),
    ),
    ...(others.length === 0
      ? {}
      : { also: others.slice(0, OTHERS_LIMIT).map((line) => fitText(line, DETAIL_LIMIT)) }),
  };
}
