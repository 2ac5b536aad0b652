/** The routes, and what they would do with an alert, in words for the API and the command line. Pure. */
import type { RouteResource, RoutesResource, RouteTestResource } from "@batchwatch/protocol";
import type { Labels, Route, RoutingConfig } from "../../model/routing.ts";
import type { Audience } from "../audience.ts";
import { createInhibition, inhibitRuleText } from "./inhibition.ts";
import { allRoutes, groupLabels, matchRoutes, whyTaken } from "./match-routes.ts";
import { matchersText } from "./parse-matchers.ts";
import { isInInterval, quietBecause } from "./time-intervals.ts";

export type RoutesDescription = Pick<
  RoutesResource,
  "routes" | "receivers" | "inhibitRules" | "timeIntervals"
>;

export function describeRoutes(audience: Audience, now: number): RoutesDescription {
  if (audience.kind === "everyone")
    return {
      routes: [],
      receivers: audience.receivers.map(({ name, channel }) => ({ name, channels: [{ name, channel }] })),
      inhibitRules: [],
      timeIntervals: [],
    };
  const { routing } = audience;
  return {
    routes: allRoutes(routing.root).map(({ route, depth }) => routeResource(routing, route, depth, now)),
    receivers: routing.receivers.map(({ name }) => ({ name, channels: channelsOf(routing, name) })),
    inhibitRules: routing.inhibitRules.map(({ name, source, target, equal }) => ({
      name,
      source: matchersText(source),
      target: matchersText(target),
      equal: [...equal],
    })),
    timeIntervals: [...routing.timeIntervals.values()].map((interval) => ({
      name: interval.name,
      holdsNow: isInInterval(interval, now),
    })),
  };
}

/** @param open what could inhibit it */
export function testRoutes(
  audience: Audience,
  labels: Labels,
  open: readonly { id: number; title: string; labels: Labels }[],
  now: number,
): RouteTestResource {
  if (audience.kind === "everyone")
    return {
      labels,
      inhibitedBy: null,
      results: audience.receivers.map(({ name, channel }) => ({
        receiver: name,
        channels: [{ name, channel }],
        because: "there is no file of routes: every receiver is told, at once",
        route: null,
        groupLabels: {},
      })),
    };
  const { routing } = audience;
  const depths = new Map(allRoutes(routing.root).map(({ route, depth }) => [route, depth]));
  const by = createInhibition(routing.inhibitRules, open)(labels);
  return {
    labels,
    inhibitedBy:
      by === null
        ? null
        : { rule: inhibitRuleText(by.rule), incidentId: String(by.source.id), title: by.source.title },
    results: matchRoutes(routing, labels).map((route) => ({
      receiver: route.options.receiver,
      channels: channelsOf(routing, route.options.receiver),
      because: whyTaken(routing.root, route),
      route: routeResource(routing, route, depths.get(route) ?? 0, now),
      groupLabels: groupLabels(route, labels),
    })),
  };
}

function routeResource(routing: RoutingConfig, route: Route, depth: number, now: number): RouteResource {
  const { options } = route;
  return {
    key: route.key,
    depth,
    line: route.line,
    matchers: matchersText(route.matchers),
    continue: route.continue,
    receiver: options.receiver,
    groupBy: options.groupBy === "all" ? ["..."] : [...options.groupBy],
    groupWaitMs: options.groupWaitMs,
    groupIntervalMs: options.groupIntervalMs,
    repeatIntervalMs: options.repeatIntervalMs,
    muteTimeIntervals: [...options.muteTimeIntervals],
    activeTimeIntervals: [...options.activeTimeIntervals],
    quietBecause: quietBecause(options, routing.timeIntervals, now),
  };
}

function channelsOf({ receivers }: RoutingConfig, receiver: string): { name: string; channel: string }[] {
  const integrations = receivers.find(({ name }) => name === receiver)?.integrations ?? [];
  return integrations.map(({ name, channel }) => ({ name, channel }));
}
