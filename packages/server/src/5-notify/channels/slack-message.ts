/**
 * A message as Slack's blocks in one coloured attachment. Text of others stands in `plain_text` objects, in which Slack
 * reads no markup, and what stands in `mrkdwn` is escaped; so nobody's job name can mention a channel. Pure.
 * Limits by its documentation: header 150 characters, section 3 000, text of the message 40 000 (4 000 advised).
 */
import type { Notification } from "../channel.ts";
import { fitLines, fitText } from "../fit-text.ts";
import { messageWords } from "../message-words.ts";

const HEADER_LIMIT = 150;
const SECTION_LIMIT = 3_000;
const CONTEXT_LIMIT = 1_500;
const FALLBACK_LIMIT = 500;

export function slackMessage(notification: Notification) {
  const words = messageWords(notification);
  const text = fitText(words.headline, FALLBACK_LIMIT, escapeSlack);
  const details = words.details.map(([name, value]) => `${name}: ${value}`).join(" · ");
  const links = words.links.map((link) => `<${escapeAll(link.url)}|${link.text}>`).join(" · ");
  return {
    text,
    attachments: [
      {
        color: words.colour,
        fallback: text,
        blocks: [
          { type: "header", text: plain(fitText(words.headline, HEADER_LIMIT)) },
          ...section(words.lines),
          ...section(words.others),
          ...(details === ""
            ? []
            : [{ type: "context", elements: [plain(fitText(details, CONTEXT_LIMIT))] }]),
          { type: "context", elements: [{ type: "mrkdwn", text: links, verbatim: true }] },
        ],
      },
    ],
  };
}

/** What is written into the thread of the message when something changed. */
export function slackFollowUp(notification: Notification) {
  const words = messageWords(notification);
  return {
    text: fitText(words.headline, FALLBACK_LIMIT, escapeSlack),
    blocks: [
      {
        type: "section",
        text: plain(fitText(words.headline, HEADER_LIMIT)),
      },
      ...section(words.lines),
    ],
  };
}

function section(lines: readonly string[]) {
  const text = fitLines(lines, SECTION_LIMIT);
  return text === "" ? [] : [{ type: "section", text: plain(text) }];
}

function plain(text: string) {
  return { type: "plain_text", text, emoji: false };
}

/** Slack's three control characters. */
function escapeSlack(character: string): string {
  return { "&": "&amp;", "<": "&lt;", ">": "&gt;" }[character] ?? character;
}

function escapeAll(text: string): string {
  return text.replace(/[&<>]/g, escapeSlack);
}
