/**
 * Opsgenie, Alert API: one alert an incident, found again by its alias. Opening and reminding create it (which only counts
 * up where it is open), getting worse sets its priority, too. Limits by its documentation: message 130 characters, alias
 * 512, description 15 000, 20 tags of 50, details 8 000 together, note 25 000.
 */

import type { Severity } from "@batchwatch/protocol";
import { type OpsgenieOptions, opsgenieOptions } from "@batchwatch/protocol/channels/opsgenie-options";
import type { Channel, Notification, SendOutcome } from "../channel.ts";
import { fitKey, fitLines, fitText } from "../fit-text.ts";
import { type ExchangeRequest, exchange } from "../http-exchange.ts";
import { messageWords } from "../message-words.ts";

const MESSAGE_LIMIT = 130;
const ALIAS_LIMIT = 512;
const DESCRIPTION_LIMIT = 15_000;
const ENTITY_LIMIT = 512;
const NOTE_LIMIT = 25_000;
const TAG_LIMIT = 50;
const DETAIL_LIMIT = 300;
const DETAILS_LIMIT = 7_500;

const PRIORITIES: Readonly<Record<Severity, string>> = { critical: "P1", warning: "P3", info: "P5" };

export const opsgenieChannel: Channel<"opsgenie", typeof opsgenieOptions.shape> = {
  definition: opsgenieOptions,
  target: ({ apiUrl }) => new URL(String(apiUrl)).host,
  render(options, notification) {
    switch (notification.reason) {
      case "opened":
      case "raised":
      case "repeated":
        return newAlert(options, notification);
      case "acknowledged":
      case "resolved":
      case "corrected":
        return { source: "Batchwatch", note: fitLines(messageWords(notification).lines, NOTE_LIMIT) };
    }
  },
  async send(options, notification, signal) {
    const requests = requestsOf(options, notification, this.render(options, notification));
    let outcome: SendOutcome = { kind: "delivered", status: null };
    for (const request of requests) {
      const headers = { authorization: `GenieKey ${options.apiKey}` };
      outcome = (await exchange({ ...request, headers, signal })).outcome;
      if (outcome.kind !== "delivered") return outcome;
    }
    return outcome;
  },
};

function requestsOf(
  { apiUrl }: OpsgenieOptions,
  { alert, dedupKey, reason }: Notification,
  body: unknown,
): Pick<ExchangeRequest, "url" | "method" | "body">[] {
  const alerts = `${apiUrl.replace(/\/+$/, "")}/v2/alerts`;
  const alias = encodeURIComponent(fitKey(dedupKey, ALIAS_LIMIT));
  const of = (action: string): string => `${alerts}/${alias}/${action}?identifierType=alias`;
  switch (reason) {
    case "opened":
    case "repeated":
      return [{ url: alerts, body }];
    case "raised":
      return [
        { url: alerts, body },
        { url: of("priority"), method: "PUT", body: { priority: PRIORITIES[alert.severity] } },
      ];
    case "acknowledged":
      return [{ url: of("acknowledge"), body }];
    case "resolved":
    case "corrected":
      return [{ url: of("close"), body }];
  }
}

function newAlert({ teams, tags }: OpsgenieOptions, notification: Notification) {
  const { alert, dedupKey } = notification;
  const words = messageWords(notification);
  const links = words.links.map(({ text, url }) => `${text}: ${url}`);
  return {
    message: fitText(words.summary, MESSAGE_LIMIT),
    alias: fitKey(dedupKey, ALIAS_LIMIT),
    description: fitLines([...words.lines, ...words.others, ...links], DESCRIPTION_LIMIT),
    priority: PRIORITIES[alert.severity],
    source: "Batchwatch",
    entity: fitText(alert.labels.job_name ?? "", ENTITY_LIMIT),
    tags: ["batchwatch", alert.severity, ...tags].map((tag) => fitText(tag, TAG_LIMIT)),
    details: detailsOf({ ...alert.labels, ...alert.annotations }),
    ...(teams.length === 0 ? {} : { responders: teams.map((name) => ({ type: "team", name })) }),
  };
}

function detailsOf(pairs: Readonly<Record<string, string>>): Record<string, string> {
  const details: Record<string, string> = {};
  let length = 0;
  for (const [name, value] of Object.entries(pairs)) {
    const shown = fitText(value, DETAIL_LIMIT);
    length += name.length + shown.length;
    if (length > DETAILS_LIMIT) break;
    details[name] = shown;
  }
  return details;
}
