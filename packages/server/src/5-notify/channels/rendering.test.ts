// What each channel makes of a message: testdata/input holds messages as the outbox makes them, testdata/expected what is
// sent for them (update with `vitest run -u`, and read the difference). Below: nothing is longer than its service takes,
// and nothing that others wrote acts as markup.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Notification } from "../channel.ts";
import { testAlert, testNotification } from "../test-support/notification.ts";
import { alertmanagerChannel } from "./alertmanager.ts";
import { discordChannel } from "./discord.ts";
import { emailChannel, type Mail } from "./email.ts";
import { msteamsChannel } from "./msteams.ts";
import { oneuptimeChannel } from "./oneuptime.ts";
import { opsgenieChannel } from "./opsgenie.ts";
import { pagerdutyChannel } from "./pagerduty.ts";
import { slackChannel } from "./slack.ts";
import { telegramChannel } from "./telegram.ts";
import { webhookChannel } from "./webhook.ts";

type Render = (notification: Notification) => unknown;

const url = "https://hooks.example.com/x";
const webhook = webhookChannel.definition.schema.parse({ url });
const slack = slackChannel.definition.schema.parse({ url });
const email = emailChannel.definition.schema.parse({
  host: "mail.example.com",
  from: "Batchwatch <batchwatch@example.com>",
  to: ["ops@example.com", "Data <data@example.com>"],
});
const telegram = telegramChannel.definition.schema.parse({
  botToken: "12345:abcdefghijklmnop",
  chatId: "-1001",
});

const RENDERERS = {
  webhook: (notification: Notification) => webhookChannel.render(webhook, notification),
  pagerduty: (notification: Notification) =>
    pagerdutyChannel.render(pagerdutyChannel.definition.schema.parse({ routingKey: "key" }), notification),
  slack: (notification: Notification) => slackChannel.render(slack, notification),
  email: (notification: Notification) => emailChannel.render(email, notification),
  alertmanager: (notification: Notification) =>
    alertmanagerChannel.render(alertmanagerChannel.definition.schema.parse({ urls: [url] }), notification),
  msteams: (notification: Notification) =>
    msteamsChannel.render(msteamsChannel.definition.schema.parse({ url }), notification),
  discord: (notification: Notification) =>
    discordChannel.render(
      discordChannel.definition.schema.parse({ url, username: "Batchwatch" }),
      notification,
    ),
  opsgenie: (notification: Notification) =>
    opsgenieChannel.render(
      opsgenieChannel.definition.schema.parse({ apiKey: "key", teams: ["data"], tags: ["batch"] }),
      notification,
    ),
  telegram: (notification: Notification) => telegramChannel.render(telegram, notification),
  oneuptime: (notification: Notification) =>
    oneuptimeChannel.render(oneuptimeChannel.definition.schema.parse({ url }), notification),
} satisfies Record<string, Render>;

const TESTDATA = join(import.meta.dirname, "testdata");
const INPUTS = globSync("input/*.json", { cwd: TESTDATA })
  .toSorted()
  .map((file) => basename(file, ".json"));

describe.each(Object.entries<Render>(RENDERERS))("%s", (channel, render) => {
  test.each(INPUTS)("%s", async (input) => {
    const text = readFileSync(join(TESTDATA, "input", `${input}.json`), "utf8");
    const rendered = render(JSON.parse(text) as Notification);
    const [shown, ending] =
      channel === "email" ? [mailText(rendered as Mail), "txt"] : [JSON.stringify(rendered, null, 2), "json"];
    await expect(`${shown}\n`).toMatchFileSnapshot(join(TESTDATA, "expected", channel, `${input}.${ending}`));
  });

  test("is the same for the same message", () => {
    const notification = testNotification();
    expect(render(notification)).toEqual(render(structuredClone(notification)));
  });
});

function mailText({ text, html, ...head }: Mail): string {
  return `${JSON.stringify(head, null, 2)}\n\n--- text\n${text}\n--- html\n${html}`;
}

/** Everything in it is far longer than anybody takes. */
function longNotification(word: string): Notification {
  const long = word.repeat(3_000);
  const alert = testAlert({
    labels: {
      alertname: "BatchRunFailed",
      severity: "critical",
      job_name: long,
      owner: long,
      ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`tag_${index}`, long.slice(0, 2_000)])),
    },
    annotations: {
      summary: `${long}: run failed`,
      run_id: long,
      limit: long,
      runbook_url: `https://wiki.example.com/${"p".repeat(3_000)}`,
    },
    facts: Array.from({ length: 60 }, () => ({
      type: "run_failed",
      explanation: long,
      limit: null,
      value: null,
    })),
  });
  return testNotification({
    alert,
    others: Array.from({ length: 200 }, () => alert),
    dedupKey: `batchwatch/default//${long}/2026-11-24T02:00:00.000Z`,
  });
}

const WORDS = ["word ", "&<>\"' ", "*_~`|[]( ", "夜間 ", "👩‍💻 ", "e\u0301"];

interface SlackBody {
  text: string;
  attachments: { blocks: { type: string; text?: SlackText; elements?: SlackText[] }[] }[];
}
interface SlackText {
  type: string;
  text: string;
}

describe.each(WORDS)("text that is too long (%j)", (word) => {
  const notification = longNotification(word);
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

  test("is cut to what PagerDuty takes", () => {
    const event = RENDERERS.pagerduty(notification) as { dedup_key: string; payload: { summary: string } };
    expect(event.payload.summary.length).toBeLessThanOrEqual(1024);
    expect(event.payload.summary.isWellFormed()).toBe(true);
    expect(event.dedup_key.length).toBeLessThanOrEqual(255);
    expect(bytes(event)).toBeLessThan(512_000);
  });

  test("is cut to what Slack takes", () => {
    const body = RENDERERS.slack(notification) as SlackBody;
    expect(body.text.length).toBeLessThanOrEqual(4_000);
    const blocks = body.attachments.flatMap((attachment) => attachment.blocks);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { type, text, elements = [] } of blocks) {
      if (text !== undefined) expect(text.text.length).toBeLessThanOrEqual(type === "header" ? 150 : 3_000);
      for (const element of elements) expect(element.text.length).toBeLessThanOrEqual(4_000);
    }
  });

  test("is cut to what Discord takes", () => {
    const { embeds } = RENDERERS.discord(notification) as {
      embeds: { title: string; description: string; fields: { name: string; value: string }[] }[];
    };
    const [embed] = embeds;
    if (embed === undefined) throw new Error("there is no embed");
    expect(embed.title.length).toBeLessThanOrEqual(256);
    expect(embed.description.length).toBeLessThanOrEqual(4_096);
    const fields = embed.fields.map(({ name, value }) => name + value);
    expect(Math.max(...fields.map((text) => text.length))).toBeLessThanOrEqual(1_024);
    expect(embed.title.length + embed.description.length + fields.join("").length).toBeLessThanOrEqual(6_000);
  });

  test("is cut to what Telegram takes", () => {
    const { text } = RENDERERS.telegram(notification) as { text: string };
    expect(text.length).toBeLessThanOrEqual(4_096 + 2 * 500);
    expect(text.replace(/<[^>]*>/g, "").length).toBeLessThanOrEqual(4_096);
  });

  test("is cut to what Opsgenie takes", () => {
    const body = RENDERERS.opsgenie(notification) as {
      message: string;
      alias: string;
      description: string;
      entity: string;
      details: Record<string, string>;
    };
    expect(body.message.length).toBeLessThanOrEqual(130);
    expect(body.alias.length).toBeLessThanOrEqual(512);
    expect(body.description.length).toBeLessThanOrEqual(15_000);
    expect(body.entity.length).toBeLessThanOrEqual(512);
    expect(Object.entries(body.details).flat().join("").length).toBeLessThanOrEqual(8_000);
  });

  test("is cut to what Teams takes", () => {
    expect(bytes(RENDERERS.msteams(notification))).toBeLessThan(28 * 1024);
  });

  test("is cut to a subject and bodies that mail programs show", () => {
    const mail = RENDERERS.email(notification) as Mail;
    expect(mail.subject.length).toBeLessThanOrEqual(200);
    expect(mail.messageId.length).toBeLessThan(250);
    expect(mail.text.length + mail.html.length).toBeLessThan(1_000_000);
  });
});

describe("what others wrote", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc
      .array(
        fc.constantFrom("<", ">", "&", '"', "'", "*", "_", "`", "@", "\\", "\n", "<!channel>", "</b>", "a"),
        {
          maxLength: 40,
        },
      )
      .map((parts) => parts.join("")),
  );
  const anyNotification = fc
    .record({ summary: anyText, jobName: anyText, explanation: anyText, url: anyText })
    .map(({ summary, jobName, explanation, url: end }) =>
      testNotification({
        alert: testAlert({
          labels: { alertname: "BatchRunFailed", job_name: jobName, owner: jobName },
          annotations: { summary, run_id: jobName, runbook_url: `https://wiki.example.com/${end}` },
          facts: [{ type: "run_failed", explanation, limit: null, value: null }],
        }),
      }),
    );

  test("is no markup in Telegram's HTML", () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const { text } = RENDERERS.telegram(notification) as { text: string };
        const rest = text.replace(/<b>|<\/b>|<a href="https?:[^"<>]*">|<\/a>/g, "");
        expect(rest).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
      }),
    );
  });

  test("is no markup in the HTML of mails", () => {
    const known =
      /<!doctype html>|<\/?(html|head|body|title|div|h1|p|ul|li|table|tr|td|br)( (lang|style)="[^"<>]*")?>|<meta charset="utf-8">|<a href="https?:[^"<>]*">|<\/a>/g;
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const { html } = RENDERERS.email(notification) as Mail;
        expect(html.replace(known, "")).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39|middot);)/);
      }),
    );
  });

  test("is no markup in Slack's mrkdwn, and mentions nobody", () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const body = RENDERERS.slack(notification) as SlackBody;
        expect(body.text).not.toMatch(/[<>]/);
        for (const { text, elements = [] } of body.attachments.flatMap(({ blocks }) => blocks))
          for (const element of text === undefined ? elements : [text, ...elements]) {
            if (element.type === "plain_text") continue;
            expect(element.text.replace(/<https?:[^<>|]*\|\w+>/g, "")).not.toMatch(/[<>*_~`]/);
          }
      }),
    );
  });

  test("is no markdown in Discord, which is told to mention nobody", () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const body = RENDERERS.discord(notification) as {
          allowed_mentions: unknown;
          embeds: { title: string; description: string }[];
        };
        expect(body.allowed_mentions).toEqual({ parse: [] });
        const [embed] = body.embeds;
        const bare = `${embed?.title}\n${embed?.description}`
          .replace(/\[\w+\]\(https?:[^()\s]*\)/g, "")
          .replace(/\\[\s\S]/g, "");
        expect(bare).not.toMatch(/[*_~`|[\]<@]/);
      }),
    );
  });

  test("stays in one line of a mail's head", () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const { subject, messageId } = RENDERERS.email(notification) as Mail;
        expect(subject + messageId).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test("stands in Teams only where no markup is read", () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        expect(JSON.stringify(RENDERERS.msteams(notification))).not.toContain('"TextBlock"');
      }),
    );
  });
});
