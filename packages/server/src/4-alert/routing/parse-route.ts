/** The routing tree of an Alertmanager file: reads a node and its children, and hands down what they do not say. */
import type { Matcher, Route, RouteOptions } from "../../model/routing.ts";
import type { ConfigSection } from "./config-section.ts";
import { MatcherError } from "./matcher-text.ts";
import { matcherOf, matchersText, parseMatchers } from "./parse-matchers.ts";

const KEYS = [
  "receiver",
  "group_by",
  "group_wait",
  "group_interval",
  "repeat_interval",
  "match",
  "match_re",
  "matchers",
  "mute_time_intervals",
  "active_time_intervals",
  "continue",
  "routes",
] as const;

/** As Alertmanager's. */
const DEFAULTS: RouteOptions = {
  receiver: "",
  groupBy: [],
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 4 * 3_600_000,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
};

export interface RouteNames {
  receivers: ReadonlySet<string>;
  timeIntervals: ReadonlySet<string>;
  lineOf(path: readonly PropertyKey[]): number | null;
}

export function parseRootRoute(section: ConfigSection, names: RouteNames): Route {
  if (!section.has("receiver"))
    section.note("names no receiver: the first route takes whatever no other takes, so it needs one");
  for (const key of ["match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals"])
    if (section.has(key))
      section.note("may not stand in the first route, which takes everything always", key);
  if (section.value("continue") === true)
    section.note("may not stand in the first route: nothing comes after it", "continue");
  return parseNode(section, { options: DEFAULTS, key: null, index: 0 }, names);
}

interface Parent {
  options: RouteOptions;
  /** null above the root. */
  key: string | null;
  index: number;
}

function parseNode(section: ConfigSection, parent: Parent, names: RouteNames): Route {
  section.allow(KEYS);
  const matchers = [
    ...matchersOfPairs(section, "match", "="),
    ...matchersOfPairs(section, "match_re", "=~"),
    ...parseMatcherList(section, "matchers"),
  ];
  const options = parseOptions(section, parent.options, names);
  const text = matchersText(matchers);
  const key = parent.key === null ? text : `${parent.key}/${text}/${parent.index}`;
  return {
    key,
    line: names.lineOf(section.path),
    matchers,
    continue: section.boolean("continue") ?? false,
    options,
    routes: section
      .sections("routes")
      .map((child, index) => parseNode(child, { options, key, index }, names)),
  };
}

function parseOptions(section: ConfigSection, inherited: RouteOptions, names: RouteNames): RouteOptions {
  const receiver = section.text("receiver");
  if (receiver !== null && !names.receivers.has(receiver))
    section.note(
      `names ${JSON.stringify(receiver)}, which is not in "receivers"${listed(names.receivers)}`,
      "receiver",
    );
  return {
    receiver: receiver || inherited.receiver,
    groupBy: parseGroupBy(section) ?? inherited.groupBy,
    groupWaitMs: section.duration("group_wait") ?? inherited.groupWaitMs,
    groupIntervalMs: notZero(section, "group_interval") ?? inherited.groupIntervalMs,
    repeatIntervalMs: notZero(section, "repeat_interval") ?? inherited.repeatIntervalMs,
    muteTimeIntervals: intervalNames(section, "mute_time_intervals", names),
    activeTimeIntervals: intervalNames(section, "active_time_intervals", names),
  };
}

/** null = says nothing, and so does an empty list. */
function parseGroupBy(section: ConfigSection): RouteOptions["groupBy"] | null {
  const labels = section.texts("group_by");
  for (const [index, label] of labels.entries()) {
    if (label === "") section.note("must be the name of a label", "group_by", index);
    if (labels.indexOf(label) !== index) section.note(`names ${label} a second time`, "group_by", index);
  }
  if (labels.includes("...")) {
    if (labels.length > 1)
      section.note("has ... (every alert by itself) beside labels: keep one of them", "group_by");
    return "all";
  }
  return labels.length === 0 ? null : labels.toSorted();
}

function notZero(section: ConfigSection, key: string): number | null {
  const ms = section.duration(key);
  if (ms === 0) section.note("must be more than 0", key);
  return ms;
}

function intervalNames(section: ConfigSection, key: string, { timeIntervals }: RouteNames): string[] {
  const used = section.texts(key);
  for (const [index, name] of used.entries())
    if (!timeIntervals.has(name))
      section.note(
        `names ${JSON.stringify(name)}, which is not in "time_intervals"${listed(timeIntervals)}`,
        key,
        index,
      );
  return used;
}

function listed(names: ReadonlySet<string>): string {
  return names.size === 0 ? "" : ` (${[...names].join(", ")})`;
}

/** `match: {severity: critical}` and `match_re`, the older spelling. */
export function matchersOfPairs(section: ConfigSection, key: string, op: "=" | "=~"): Matcher[] {
  return section.pairs(key).flatMap(([name, value]) => {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) section.note("is no name of a label", key, name);
    return noting(section, [key, name], () => [matcherOf({ name, op, value })]);
  });
}

export function parseMatcherList(section: ConfigSection, key: string): Matcher[] {
  return section
    .texts(key)
    .flatMap((text, index) => noting(section, [key, index], () => parseMatchers(text)));
}

function noting(section: ConfigSection, at: readonly PropertyKey[], read: () => Matcher[]): Matcher[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    section.note(error.message, ...at);
    return [];
  }
}
