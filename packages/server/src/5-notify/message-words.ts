/**
 * The words of a message, the same for every channel: what is the matter, in which state, why, and where to look. Pure;
 * nothing is escaped or cut here, that is each channel's own affair (fit-text.ts).
 */
import type { Severity } from "@batchwatch/protocol";
import type { Alert } from "../model/alert.ts";
import type { DeliveryReason } from "../model/watch.ts";
import type { Notification } from "./channel.ts";

export interface MessageWords {
  /** "Open", "Worse", "Still open", "Acknowledged", "Resolved", "Corrected". */
  state: string;
  /** One line: "daily_etl: run failed". */
  summary: string;
  /** "Open (critical): daily_etl: run failed" */
  headline: string;
  /** Why, a sentence each; of what is over, how it ended. */
  lines: string[];
  /** Other alerts of the same message, a line each. */
  others: string[];
  /** For people: job, owner, limit, value and the like. */
  details: [name: string, value: string][];
  links: { text: string; url: string }[];
  /** `#rrggbb` */
  colour: string;
}

const STATES: Readonly<Record<DeliveryReason, string>> = {
  opened: "Open",
  raised: "Worse",
  repeated: "Still open",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
  corrected: "Corrected",
};

const SEVERITY_COLOURS: Readonly<Record<Severity, string>> = {
  critical: "#c92a2a",
  warning: "#e67700",
  info: "#4263eb",
};
const RESOLVED_COLOUR = "#0ca678";
const ACKNOWLEDGED_COLOUR = "#868e96";

const DETAIL_LABELS: readonly [label: string, name: string][] = [
  ["namespace", "Namespace"],
  ["environment", "Environment"],
  ["job_type", "Type"],
  ["owner", "Owner"],
  ["source", "Source"],
];

export function messageWords(notification: Notification): MessageWords {
  const { alert, others, reason } = notification;
  const state = STATES[reason];
  const summary = summaryOf(alert);
  return {
    state,
    summary,
    headline: `${state} (${alert.severity}): ${summary}`,
    lines: linesOf(alert, reason),
    others: others.map(
      (other) => `${other.status === "resolved" ? "Resolved" : "Open"}: ${summaryOf(other)}`,
    ),
    details: detailsOf(alert),
    links: linksOf(notification),
    colour: colourOf(alert, reason),
  };
}

/** One line, whatever a job is called. */
export function summaryOf({ annotations, labels }: Alert): string {
  return oneLine(annotations.summary ?? labels.job_name ?? labels.alertname ?? "Alert");
}

/** Without line breaks, control characters and what turns the direction of writing. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, " ").trim();
}

/** Without control characters (line breaks and tabs stay) and what turns the direction of writing. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])\p{Cc}/gu, " ")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
}

function linesOf(alert: Alert, reason: DeliveryReason): string[] {
  const { resolution, acknowledged_by: by, acknowledgement, description } = alert.annotations;
  if (alert.status === "resolved") return [visible(resolution ?? "Everything in it is mended.")];
  const why = alert.facts.map(({ explanation }) => visible(explanation));
  const words = why.length > 0 ? why : description === undefined ? [] : [visible(description)];
  if (reason !== "acknowledged") return words;
  const who = by === undefined ? "Somebody is on it." : `${oneLine(by)} is on it.`;
  return [acknowledgement === undefined ? who : `${who} ${visible(acknowledgement)}`, ...words];
}

function detailsOf({ labels, annotations }: Alert): [string, string][] {
  const named = DETAIL_LABELS.flatMap(([label, name]): [string, string][] =>
    labels[label] === undefined ? [] : [[name, oneLine(labels[label])]],
  );
  for (const [annotation, name] of [
    ["run_id", "Run"],
    ["limit", "Limit"],
    ["value", "Value"],
  ] as const)
    if (annotations[annotation] !== undefined) named.push([name, oneLine(annotations[annotation])]);
  return named;
}

function linksOf({ alert: { annotations }, incidentUrl }: Notification): { text: string; url: string }[] {
  const candidates: [string, string | undefined][] = [
    ["Incident", incidentUrl],
    ["Run", annotations.run_url],
    ["Runbook", annotations.runbook_url],
    ["Job", annotations.dashboard_url],
  ];
  return candidates.flatMap(([text, url]) => {
    const safe = safeUrl(url);
    return safe === null ? [] : [{ text, url: safe }];
  });
}

/** An http(s) address with everything encoded that could end it early in a message's markup; null = none. */
export function safeUrl(url: string | undefined): string | null {
  if (url === undefined || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  return new URL(url).href.replace(
    /[<>|"'()[\]{}\\^`*\s]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
}

function colourOf(alert: Alert, reason: DeliveryReason): string {
  if (alert.status === "resolved") return RESOLVED_COLOUR;
  return reason === "acknowledged" ? ACKNOWLEDGED_COLOUR : SEVERITY_COLOURS[alert.severity];
}
