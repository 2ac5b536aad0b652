/**
 * `/api/v1/rules` and `/api/v1/alerts`: the rule groups, their health and alerts, in Prometheus's shape. Receives the groups
 * at work; filters as the API's parameters say.
 */
import { compileMatcher, parseSelector } from "@batchwatch/promql";
import type { AlertState, LabelRecord, RuleState } from "@batchwatch/promql/rules/group-state";
import type { Rule } from "@batchwatch/promql/rules/rule-group";
import type { FastifyInstance } from "fastify";
import type { LiveGroup } from "../../3-watch/rules/rule-groups.ts";
import { encodeSuccess } from "./encode-answer.ts";
import { formatExponent } from "./format-sample.ts";
import { PrometheusError } from "./prometheus-error.ts";
import { READ_ROUTE, sendJson } from "./query-routes.ts";
import { limitParameter, readParameters } from "./request-parameters.ts";

export interface RuleListing {
  list(): readonly LiveGroup[];
}

/** Prometheus's way of saying "never". */
const NEVER = "0001-01-01T00:00:00Z";

export function registerRuleRoutes(app: FastifyInstance, rules: RuleListing): void {
  app.get("/api/v1/rules", READ_ROUTE, async (request, reply) => {
    const parameters = readParameters(request);
    const filter = filterOf(parameters);
    const groups = rules.list().flatMap((live) => listGroup(live, filter));
    const { shown, next } = pageOf(groups, parameters);
    return sendJson(
      reply,
      encodeSuccess(JSON.stringify({ groups: shown, ...(next === null ? {} : { groupNextToken: next }) })),
    );
  });
  app.get("/api/v1/alerts", READ_ROUTE, async (_request, reply) => {
    const alerts = rules
      .list()
      .flatMap(({ group, state }) =>
        state.rules.flatMap((rule, index) =>
          activeAlerts(rule).map((alert) => listAlert(alert, group.rules[index])),
        ),
      );
    return sendJson(reply, encodeSuccess(JSON.stringify({ alerts })));
  });
}

interface Filter {
  kind: Rule["kind"] | null;
  ruleNames: ReadonlySet<string>;
  groupNames: ReadonlySet<string>;
  files: ReadonlySet<string>;
  matchesLabels: (labels: LabelRecord) => boolean;
  excludeAlerts: boolean;
}

function filterOf(parameters: URLSearchParams): Filter {
  const kinds: Readonly<Record<string, Rule["kind"] | null>> = { "": null, alert: "alert", record: "record" };
  const kind = kinds[parameters.get("type") ?? ""];
  if (kind === undefined)
    throw PrometheusError.parameter("type", `not supported value ${JSON.stringify(parameters.get("type"))}`);
  const matcherSets = parameters.getAll("match[]").map((text) => parseSelector(text).map(compileMatcher));
  const ofName = (name: string): ReadonlySet<string> => new Set(parameters.getAll(name));
  return {
    kind,
    ruleNames: ofName("rule_name[]"),
    groupNames: ofName("rule_group[]"),
    files: ofName("file[]"),
    matchesLabels: (labels) =>
      matcherSets.length === 0 ||
      matcherSets.some((matchers) => matchers.every(({ name, matches }) => matches(labels[name] ?? ""))),
    excludeAlerts: parameters.get("exclude_alerts") === "true",
  };
}

function listGroup(live: LiveGroup, filter: Filter) {
  const { group, state, intervalMs, evaluationMs } = live;
  if (filter.groupNames.size > 0 && !filter.groupNames.has(group.name)) return [];
  if (filter.files.size > 0 && !filter.files.has(group.file)) return [];
  const rules = group.rules.flatMap((rule, index) => {
    const ruleState = state.rules[index];
    if (ruleState === undefined || !isWanted(rule, filter)) return [];
    return [listRule(rule, ruleState, live, filter.excludeAlerts)];
  });
  if (rules.length === 0) return [];
  return [
    {
      name: group.name,
      file: group.file,
      rules,
      interval: intervalMs / 1000,
      limit: group.limit,
      evaluationTime: evaluationMs / 1000,
      lastEvaluation: timeText(state.lastEvaluatedAt),
    },
  ];
}

function isWanted(rule: Rule, filter: Filter): boolean {
  if (filter.kind !== null && rule.kind !== filter.kind) return false;
  if (filter.ruleNames.size > 0 && !filter.ruleNames.has(rule.name)) return false;
  return filter.matchesLabels(rule.labels);
}

function listRule(rule: Rule, state: RuleState, live: LiveGroup, excludeAlerts: boolean) {
  const common = {
    name: rule.name,
    query: rule.expr,
    labels: rule.labels,
    health: state.health,
    ...(state.lastError === null ? {} : { lastError: state.lastError }),
    evaluationTime: live.evaluationMs / 1000 / Math.max(1, live.group.rules.length),
    lastEvaluation: timeText(live.state.lastEvaluatedAt),
  };
  if (rule.kind === "record") return { ...common, type: "recording" };
  return {
    ...common,
    state: worstState(state),
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    annotations: rule.annotations,
    alerts: excludeAlerts ? [] : activeAlerts(state).map((alert) => listAlert(alert, rule)),
    type: "alerting",
  };
}

function listAlert(alert: AlertState, rule: Rule | undefined) {
  return {
    labels: { ...alert.labels, alertname: rule?.name ?? alert.labels.alertname ?? "" },
    annotations: alert.annotations,
    state: alert.state,
    activeAt: new Date(alert.activeAt).toISOString(),
    ...(alert.keptFiringSince === null
      ? {}
      : { keepFiringSince: new Date(alert.keptFiringSince).toISOString() }),
    value: formatExponent(Number(alert.valueText)),
  };
}

function activeAlerts({ alerts }: RuleState): AlertState[] {
  return alerts.filter(({ state }) => state !== "inactive");
}

function worstState(state: RuleState): "firing" | "pending" | "inactive" | "unknown" {
  if (state.health === "unknown") return "unknown";
  const states = new Set(activeAlerts(state).map((alert) => alert.state));
  return states.has("firing") ? "firing" : states.has("pending") ? "pending" : "inactive";
}

function timeText(at: number | null): string {
  return at === null ? NEVER : new Date(at).toISOString();
}

/** A token names the last group of the page before; one that is gone is an error, as in Prometheus. */
function pageOf<T extends { name: string; file: string }>(
  groups: readonly T[],
  parameters: URLSearchParams,
): { shown: readonly T[]; next: string | null } {
  const limit = limitParameter(parameters, "group_limit");
  const token = parameters.get("group_next_token") ?? "";
  const tokenOf = ({ file, name }: T): string =>
    Buffer.from(JSON.stringify([file, name])).toString("base64url");
  const from = token === "" ? 0 : groups.findIndex((group) => tokenOf(group) === token) + 1;
  if (token !== "" && from === 0)
    throw PrometheusError.parameter(
      "group_next_token",
      "names no group; the rules may have changed: begin again",
    );
  const shown = limit === 0 ? groups.slice(from) : groups.slice(from, from + limit);
  const last = shown.at(-1);
  return { shown, next: last !== undefined && from + shown.length < groups.length ? tokenOf(last) : null };
}
