/**
 * Reads an Alertmanager configuration file. Receives its text; hands on the routing that it says, or every problem with its
 * line. Pure: where the files that it names lie is answered by what is given. The subset: docs/guide/routing.md.
 */
import { fieldPath } from "@batchwatch/protocol";
import { readYaml } from "../../lib/yaml-text.ts";
import type { RoutingConfig } from "../../model/routing.ts";
import { ConfigSection, type SectionProblem } from "./config-section.ts";
import { parseInhibitRules } from "./parse-inhibit-rules.ts";
import { parseGlobal, parseReceivers } from "./parse-receivers.ts";
import { parseRootRoute } from "./parse-route.ts";
import { parseTimeIntervals } from "./parse-time-intervals.ts";
import type { FilePaths } from "./receiver-kinds.ts";

const KEYS = [
  "global",
  "route",
  "receivers",
  "inhibit_rules",
  "time_intervals",
  "mute_time_intervals",
] as const;

const REFUSED = {
  templates: "is not supported: Batchwatch words its messages itself; take it out",
  tracing: "is not supported: take it out",
} as const;

export interface RoutingProblem {
  line: number | null;
  field: string;
  message: string;
}

export type RoutingReading =
  | { ok: true; config: RoutingConfig; warnings: RoutingProblem[] }
  | { ok: false; problems: RoutingProblem[] };

export function parseAlertmanagerConfig(text: string, files: FilePaths): RoutingReading {
  const yaml = readYaml(text);
  const found: SectionProblem[] = [];
  const placed = ({ path, message }: SectionProblem): RoutingProblem => ({
    line: yaml.lineOf(path),
    field: fieldPath(path),
    message,
  });
  const unreadable = yaml.errors.map(({ line, message }) => ({ line, field: "", message }));
  if (unreadable.length > 0) return { ok: false, problems: unreadable };

  const file = new ConfigSection(yaml.value, [], found);
  file.allow(KEYS, REFUSED);
  const timeIntervals = parseTimeIntervals(file);
  const receivers = parseReceivers(file, parseGlobal(file), files);
  if (!file.has("route")) file.note('has no "route": the tree by which alerts find their receivers');
  const root = parseRootRoute(file.section("route"), {
    receivers: new Set(receivers.map(({ name }) => name)),
    timeIntervals: new Set(timeIntervals.keys()),
    lineOf: yaml.lineOf,
  });
  const inhibitRules = parseInhibitRules(file);
  if (found.length > 0) return { ok: false, problems: found.map(placed).toSorted(byLine) };
  const config = { root, receivers, inhibitRules, timeIntervals };
  return { ok: true, config, warnings: warningsOf(config, yaml.lineOf) };
}

/** Accepted, and perhaps not what was meant. */
function warningsOf(
  { root, receivers }: RoutingConfig,
  lineOf: (path: readonly PropertyKey[]) => number | null,
): RoutingProblem[] {
  const index = receivers.findIndex(({ name }) => name === root.options.receiver);
  if (receivers[index]?.integrations.length !== 0) return [];
  const message = `the default receiver ${JSON.stringify(root.options.receiver)} has no channel: what no other route takes is told to nobody`;
  return [{ line: lineOf(["receivers", index]), field: `receivers[${index}]`, message }];
}

function byLine(a: RoutingProblem, b: RoutingProblem): number {
  return (a.line ?? 0) - (b.line ?? 0);
}
