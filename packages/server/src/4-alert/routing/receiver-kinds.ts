/**
 * Alertmanager's `*_configs` and what each becomes here: the channel, and each key as options of that channel
 * (protocol/channels). The one place to change when a channel comes or takes more. A key that Alertmanager has and the
 * channel has not is refused with its reason, never dropped.
 */
import type { ChannelType } from "@batchwatch/protocol";
import type { ConfigSection } from "./config-section.ts";
import { httpOptions } from "./http-options.ts";

export type Options = Readonly<Record<string, unknown>>;

export type ReadKey = (section: ConfigSection, key: string, files: FilePaths) => Options;

export interface FilePaths {
  /** Where a file named in the configuration lies, or why it cannot be read. */
  locate(file: string): { ok: true; path: string } | { ok: false; why: string };
}

export interface KeyMeaning {
  /** Options of the channel that it sets, for placing the channel's own complaints. */
  options: readonly string[];
  read: ReadKey;
  /** The key of `global` that says it for all. */
  global?: string;
}

export interface ReceiverKind {
  channel: ChannelType;
  /** What Alertmanager takes where `send_resolved` is not said. */
  sendResolved: boolean;
  keys: Readonly<Record<string, KeyMeaning>>;
  /** Alertmanager's keys that have no meaning here. */
  refused: readonly string[];
}

/** The same text under the channel's name for it. */
function text(option: string, global?: string): KeyMeaning {
  return { options: [option], read: (section, key) => given(option, section.text(key)), ...only(global) };
}

/** A file that holds the option; the channel reads it for each message. */
function file(option: string, global?: string): KeyMeaning {
  return {
    options: [option, `${option}File`],
    read: (section, key, files) => given(`${option}File`, fileAt(section, key, files)),
    ...only(global),
  };
}

/** Text with commas, as a list. */
function list(option: string): KeyMeaning {
  return {
    options: [option],
    read: (section, key) =>
      given(
        option,
        section
          .text(key)
          ?.split(",")
          .map((part) => part.trim())
          .filter(Boolean) ?? null,
      ),
  };
}

const HTTP: KeyMeaning = {
  options: ["headers", "username", "password", "bearerToken"],
  read: (section, key, files) => httpOptions(section.section(key), files),
  global: "http_config",
};

const SMARTHOST: KeyMeaning = {
  options: ["host", "port"],
  read(section, key) {
    const written = section.text(key) ?? "";
    const match = /^(.+):(\d{1,5})$/.exec(written);
    if (match === null)
      section.note(`must be HOST:PORT, such as smtp.example.com:587, not ${JSON.stringify(written)}`, key);
    const port = Number(match?.[2] ?? 587);
    // As Alertmanager: port 465 speaks TLS from its first byte.
    return { host: match?.[1] ?? written, port, ...(port === 465 && { tls: "implicit" }) };
  },
  global: "smtp_smarthost",
};

const REQUIRE_TLS: KeyMeaning = {
  options: ["tls"],
  read: (section, key) => (section.boolean(key) === false ? { tls: "opportunistic" } : {}),
  global: "smtp_require_tls",
};

const MAIL_TLS: KeyMeaning = {
  options: ["caFile"],
  read(section, key, files) {
    const tls = section.section(key);
    tls.allow(["ca_file"]);
    return given("caFile", tls.has("ca_file") ? fileAt(tls, "ca_file", files) : null);
  },
  global: "smtp_tls_config",
};

const TEAMS: KeyMeaning = {
  options: ["teams"],
  read(section, key) {
    const teams = section.sections(key).flatMap((responder) => {
      responder.allow(["name", "type"], {
        id: "is not supported: name teams",
        username: "is not supported: name teams",
      });
      const type = responder.text("type");
      if (type !== "team" && type !== "teams")
        responder.note("must be team: other responders are not supported", "type");
      return (responder.text("name") ?? "").split(",").map((name) => name.trim());
    });
    return { teams };
  },
};

const CHAT: KeyMeaning = { options: ["chatId"], read: (section, key) => given("chatId", section.text(key)) };

const THREAD: KeyMeaning = {
  options: ["threadId"],
  read: (section, key) => given("threadId", section.value(key)),
};

const TEAMS_WEBHOOK = { webhook_url: text("url"), webhook_url_file: file("url") };

export const RECEIVER_KINDS: Readonly<Record<string, ReceiverKind>> = {
  webhook_configs: {
    channel: "webhook",
    sendResolved: true,
    keys: { url: text("url"), url_file: file("url"), http_config: HTTP },
    refused: ["max_alerts", "timeout", "payload"],
  },
  slack_configs: {
    channel: "slack",
    sendResolved: false,
    keys: {
      api_url: text("url", "slack_api_url"),
      api_url_file: file("url", "slack_api_url_file"),
      app_token: text("botToken", "slack_app_token"),
      app_token_file: file("botToken", "slack_app_token_file"),
      channel: text("channel"),
      username: text("username"),
    },
    refused: words(
      "color title title_link pretext text fields short_fields footer fallback callback_id icon_emoji icon_url",
      "image_url thumb_url link_names mrkdwn_in actions app_url update_message message_text timeout http_config",
    ),
  },
  pagerduty_configs: {
    channel: "pagerduty",
    sendResolved: true,
    keys: {
      routing_key: text("routingKey"),
      routing_key_file: file("routingKey"),
      url: text("url", "pagerduty_url"),
      source: text("source"),
    },
    refused: words(
      "service_key service_key_file client client_url description details images links severity class component",
      "group timeout http_config",
    ),
  },
  email_configs: {
    channel: "email",
    sendResolved: false,
    keys: {
      to: list("to"),
      from: text("from", "smtp_from"),
      require_tls: REQUIRE_TLS,
      smarthost: SMARTHOST,
      auth_username: text("username", "smtp_auth_username"),
      auth_password: text("password", "smtp_auth_password"),
      auth_password_file: file("password", "smtp_auth_password_file"),
      tls_config: MAIL_TLS,
    },
    refused: words("hello auth_secret auth_secret_file auth_identity headers html text threading"),
  },
  opsgenie_configs: {
    channel: "opsgenie",
    sendResolved: true,
    keys: {
      api_key: text("apiKey", "opsgenie_api_key"),
      api_key_file: file("apiKey", "opsgenie_api_key_file"),
      api_url: text("apiUrl", "opsgenie_api_url"),
      responders: TEAMS,
      tags: list("tags"),
    },
    refused: words(
      "message description source details entity note priority actions update_alerts http_config",
    ),
  },
  telegram_configs: {
    channel: "telegram",
    sendResolved: true,
    keys: {
      bot_token: text("botToken"),
      bot_token_file: file("botToken"),
      chat_id: CHAT,
      message_thread_id: THREAD,
      api_url: text("apiUrl", "telegram_api_url"),
    },
    refused: words("message parse_mode disable_notifications chat_id_file http_config"),
  },
  discord_configs: {
    channel: "discord",
    sendResolved: true,
    keys: { ...TEAMS_WEBHOOK, username: text("username") },
    refused: words("title message content avatar_url http_config"),
  },
  msteams_configs: {
    channel: "msteams",
    sendResolved: true,
    keys: TEAMS_WEBHOOK,
    refused: words("title summary text http_config"),
  },
  msteamsv2_configs: {
    channel: "msteams",
    sendResolved: true,
    keys: TEAMS_WEBHOOK,
    refused: words("title text http_config"),
  },
};

/** Alertmanager's integrations that have no channel here. */
export const FOREIGN_RECEIVER_KINDS: readonly string[] = words(
  "incidentio_configs jira_configs mattermost_configs pushover_configs rocketchat_configs sns_configs",
  "victorops_configs webex_configs wechat_configs",
);

/** Keys of `global` that say something here, as the table names them. */
export const GLOBAL_KEYS: readonly string[] = [
  ...new Set([
    "resolve_timeout",
    ...Object.values(RECEIVER_KINDS)
      .flatMap(({ keys }) => Object.values(keys))
      .flatMap(({ global }) => global ?? []),
  ]),
];

function words(...lines: readonly string[]): string[] {
  return lines.join(" ").split(" ");
}

function only(global: string | undefined): Pick<KeyMeaning, "global"> {
  return global === undefined ? {} : { global };
}

function given(option: string, value: unknown): Options {
  return value === null || value === undefined ? {} : { [option]: value };
}

function fileAt(section: ConfigSection, key: string, files: FilePaths): string | null {
  const file = section.text(key);
  if (file === null) return null;
  const found = files.locate(file);
  if (found.ok) return found.path;
  section.note(`names ${file}, which ${found.why}`, key);
  return file;
}
