/**
 * Which routes an alert takes, exactly as Alertmanager: down the tree, the first child that matches and has no
 * `continue` ends the search among its siblings; where no child matches, the node itself takes it. Pure.
 */
import type { Labels, Route, RoutingConfig } from "../../model/routing.ts";
import { matchersText, matchesAll } from "./parse-matchers.ts";

/** The routes that take the alert, in the order of the tree; never none. */
export function matchRoutes({ root }: Pick<RoutingConfig, "root">, labels: Labels): Route[] {
  return matchingUnder(root, labels);
}

function matchingUnder(route: Route, labels: Labels): Route[] {
  if (!matchesAll(route.matchers, labels)) return [];
  const taken: Route[] = [];
  for (const child of route.routes) {
    const matching = matchingUnder(child, labels);
    taken.push(...matching);
    if (matching.length > 0 && !child.continue) break;
  }
  return taken.length === 0 ? [route] : taken;
}

/** The labels that name the group of the alert, in the order of names; a label that it lacks is left out. */
export function groupLabels({ options: { groupBy } }: Route, labels: Labels): Record<string, string> {
  const names = Object.keys(labels).filter((name) => groupBy === "all" || groupBy.includes(name));
  return Object.fromEntries(names.toSorted().map((name) => [name, labels[name] ?? ""]));
}

/** Unique among the groups of a configuration: `{}/{severity="critical"}/0:{alertname="BatchRunFailed"}`. */
export function groupKey(route: Route, labels: Labels): string {
  const parts = Object.entries(groupLabels(route, labels)).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return `${route.key}:{${parts.join(",")}}`;
}

/** Why a route took it, for people: the matchers on the way to it. */
export function whyTaken(root: Route, route: Route): string {
  const way = wayTo(root, route).filter(({ matchers }) => matchers.length > 0);
  if (way.length === 0) return route === root ? "no other route matches" : "its route matches everything";
  return `it matches ${way.map(({ matchers }) => matchersText(matchers)).join(" and ")}`;
}

function wayTo(from: Route, to: Route): Route[] {
  if (from === to) return [from];
  for (const child of from.routes) {
    const way = wayTo(child, to);
    if (way.length > 0) return [from, ...way];
  }
  return [];
}

/** Every route with its depth, parents before children. */
export function allRoutes(root: Route, depth = 0): { route: Route; depth: number }[] {
  return [{ route: root, depth }, ...root.routes.flatMap((child) => allRoutes(child, depth + 1))];
}
