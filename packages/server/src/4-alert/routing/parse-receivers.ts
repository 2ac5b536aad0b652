/**
 * `receivers` and `global` of an Alertmanager file: each entry of a `*_configs` becomes an integration, with the options
 * that its channel takes (receiver-kinds.ts).
 */
import { CHANNEL_OPTIONS, pathOfField, problemsOfZodError } from "@batchwatch/protocol";
import type { Integration, RoutedReceiver } from "../../model/routing.ts";
import type { ConfigSection } from "./config-section.ts";
import {
  type FilePaths,
  FOREIGN_RECEIVER_KINDS,
  GLOBAL_KEYS,
  type Options,
  RECEIVER_KINDS,
  type ReceiverKind,
} from "./receiver-kinds.ts";

const NO_CHANNEL =
  "has no channel in Batchwatch: use webhook_configs, with a bridge that takes Alertmanager's webhooks";

export function parseGlobal(file: ConfigSection): ConfigSection {
  const section = file.section("global");
  const foreign = section
    .keys()
    .filter((key) =>
      /^(smtp|slack|victorops|pagerduty|opsgenie|wechat|telegram|webex|rocketchat|mattermost|jira|http)_/.test(
        key,
      ),
    )
    .map((key) => [key, "is an option of Alertmanager that Batchwatch does not have: take it out"]);
  section.allow(GLOBAL_KEYS, Object.fromEntries(foreign));
  section.duration("resolve_timeout");
  return section;
}

export function parseReceivers(
  file: ConfigSection,
  global: ConfigSection,
  files: FilePaths,
): RoutedReceiver[] {
  const names = new Set<string>();
  const foreign = Object.fromEntries(FOREIGN_RECEIVER_KINDS.map((key) => [key, NO_CHANNEL]));
  return file.sections("receivers").map((section) => {
    const name = section.text("name") ?? "";
    if (name === "") section.note("has no name, by which routes could use it");
    if (names.has(name)) section.note("is the name of another receiver already", "name");
    names.add(name);
    section.allow(["name", ...Object.keys(RECEIVER_KINDS)], foreign);
    const integrations = Object.entries(RECEIVER_KINDS).flatMap(([key, kind]) =>
      section.sections(key).map((entry, index): Integration => {
        const nth = index === 0 ? "" : `[${index}]`;
        const options = optionsOf(entry, kind, global, files);
        return { name: `${name}/${key.replace(/_configs$/, "")}${nth}`, channel: kind.channel, options };
      }),
    );
    return { name, integrations };
  });
}

/** What the channel is given, checked by the channel's own schema. */
function optionsOf(
  entry: ConfigSection,
  kind: ReceiverKind,
  global: ConfigSection,
  files: FilePaths,
): Options {
  const { channel } = kind;
  const why = `is an option of Alertmanager that the channel "${channel}" does not have, which words its messages itself: take it out`;
  entry.allow(
    ["send_resolved", ...Object.keys(kind.keys)],
    Object.fromEntries(kind.refused.map((key) => [key, why])),
  );
  const own: Record<string, unknown> = {};
  const common: Record<string, unknown> = {};
  for (const [key, { read, global: globalKey }] of Object.entries(kind.keys)) {
    if (entry.has(key)) Object.assign(own, read(entry, key, files));
    if (globalKey !== undefined && global.has(globalKey))
      Object.assign(common, read(global, globalKey, files));
  }
  const options = {
    ...withoutSaid(common, own),
    ...own,
    sendResolved: entry.boolean("send_resolved") ?? kind.sendResolved,
  };
  noteProblems(entry, kind, options);
  return options;
}

/** What an entry says itself, as text or as a file, hides what is said for all; so does another way to do the same. */
function withoutSaid(common: Options, own: Options): Options {
  const said = new Set(Object.keys(own).map((option) => option.replace(/File$/, "")));
  if (said.has("url")) said.add("botToken");
  if (said.has("botToken")) said.add("url");
  return Object.fromEntries(
    Object.entries(common).filter(([option]) => !said.has(option.replace(/File$/, ""))),
  );
}

function noteProblems(entry: ConfigSection, { channel, keys }: ReceiverKind, options: Options): void {
  const reading = CHANNEL_OPTIONS[channel].writtenSchema.safeParse(options);
  if (reading.success) return;
  for (const { field, message } of problemsOfZodError(reading.error)) {
    const option = String(pathOfField(field)[0] ?? "");
    const meant = Object.entries(keys).filter(([, meaning]) => meaning.options.includes(option));
    const key = meant.find(([name]) => entry.has(name))?.[0];
    const names = meant.map(([name]) => name);
    if (key !== undefined) entry.note(message, key);
    else if (names.length > 0 && options[option] === undefined) entry.note(`has no ${names.join(" or ")}`);
    else entry.note(`${names[0] ?? field}: ${message}`);
  }
}
