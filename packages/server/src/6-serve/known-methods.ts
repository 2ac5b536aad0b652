/** Tells "no such page" (404) from "not with this method" (405), by the routes that were registered. */
import type { FastifyInstance } from "fastify";
import { HttpProblem } from "../lib/http-problem.ts";

interface Pattern {
  regex: RegExp;
  methods: Set<string>;
}

/** Collects the routes of an instance from here on. Answers the problem for an address that no route took. */
export function collectKnownMethods(app: FastifyInstance): (path: string, method: string) => HttpProblem {
  const patterns = new Map<string, Pattern>();
  app.addHook("onRoute", (route) => {
    if (route.config?.catchAll === true) return;
    const pattern = patterns.get(route.url) ?? { regex: regexOf(route.url), methods: new Set<string>() };
    patterns.set(route.url, pattern);
    for (const method of [route.method].flat()) pattern.methods.add(method);
  });
  return (path, method) => {
    const matching = [...patterns.values()].filter(({ regex }) => regex.test(path));
    const allowed = new Set(matching.flatMap(({ methods }) => [...methods]));
    if (allowed.size === 0 || allowed.has(method))
      return new HttpProblem(
        404,
        "not_found",
        "Nothing is here",
        `There is nothing at ${path.slice(0, 200)}. Pings live under /ping/; the API is described at /api/openapi.json.`,
      );
    const list = [...allowed].sort().join(", ");
    return new HttpProblem(
      405,
      "method_not_allowed",
      "Not with this method",
      `${path.slice(0, 200)} takes ${list}, not ${method}.`,
      {
        headers: { allow: list },
      },
    );
  };
}

function regexOf(url: string): RegExp {
  const text = url
    .split("/")
    .map((part) => {
      if (part === "*") return ".*";
      return part.startsWith(":") ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("/");
  return new RegExp(`^${text}/?$`);
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** A route for whatever no other took; it says nothing about which methods an address has. */
    catchAll?: boolean;
  }
}
