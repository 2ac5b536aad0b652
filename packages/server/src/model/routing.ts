/**
 * Routing as an Alertmanager configuration file says it, read and checked: which receiver hears of an alert, grouped how,
 * when, and what keeps it back. Durations in milliseconds; what a route does not say is inherited already.
 */

export type MatchOperator = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly name: string;
  readonly op: MatchOperator;
  readonly value: string;
  /** A missing label is the empty text. */
  matches(value: string): boolean;
}

export type Labels = Readonly<Record<string, string>>;

/** How alerts of a route are grouped and timed. */
export interface RouteOptions {
  receiver: string;
  /** `all` = every alert is its own group (`...`). Sorted, each once. */
  groupBy: "all" | readonly string[];
  groupWaitMs: number;
  groupIntervalMs: number;
  repeatIntervalMs: number;
  /** Names of time intervals. Not inherited. */
  muteTimeIntervals: readonly string[];
  activeTimeIntervals: readonly string[];
}

export interface Route {
  /** The matchers from the root down, and the place among its siblings: `{}/{severity="critical"}/0`. Unique in the tree. */
  key: string;
  /** Where it stands in the file. */
  line: number | null;
  matchers: readonly Matcher[];
  continue: boolean;
  options: RouteOptions;
  routes: readonly Route[];
}

export interface InhibitRule {
  name: string | null;
  source: readonly Matcher[];
  target: readonly Matcher[];
  equal: readonly string[];
}

export interface NumberRange {
  from: number;
  to: number;
}

/** All parts that are there must hold; of each part one range. */
export interface TimePeriod {
  /** Minutes after midnight, the end excluded. */
  times: readonly NumberRange[] | null;
  /** 0 = Sunday. */
  weekdays: readonly NumberRange[] | null;
  /** Negative counts from the end of the month: -1 is its last day. */
  daysOfMonth: readonly NumberRange[] | null;
  months: readonly NumberRange[] | null;
  years: readonly NumberRange[] | null;
  zone: string;
}

export interface TimeInterval {
  name: string;
  periods: readonly TimePeriod[];
}

/** One `*_configs` entry of a receiver: a channel and its options as the channel takes them. */
export interface Integration {
  /** `team/slack`, `team/slack[1]`: the receiver's name in the outbox. */
  name: string;
  channel: string;
  options: Readonly<Record<string, unknown>>;
}

export interface RoutedReceiver {
  name: string;
  /** None: what goes here is told to nobody. */
  integrations: readonly Integration[];
}

export interface RoutingConfig {
  root: Route;
  receivers: readonly RoutedReceiver[];
  inhibitRules: readonly InhibitRule[];
  timeIntervals: ReadonlyMap<string, TimeInterval>;
}
