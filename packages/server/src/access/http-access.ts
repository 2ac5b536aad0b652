/**
 * The door of the HTTP server: before any route, who asks, and may they? Routes state what they need as
 * `config: { scope }`; a route that states nothing needs `read` for GET and `write` for the rest.
 *
 * 1. A server that asks for no key answers only to loopback names (DNS rebinding) and not to proxies.
 * 2. A request by a page of another origin may not change anything (CSRF), unless that origin is configured.
 * 3. The key, if any, gives the principal; its scope must include the route's.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "../lib/http-problem.ts";
import type { KeyScope } from "../storage/ledger-store.ts";
import {
  type AccessControl,
  demand,
  OPEN_PRINCIPAL,
  type Principal,
  secretFromHeaders,
} from "./access-control.ts";
import { cameThroughProxy, hostName, isLoopbackHost } from "./loopback.ts";

/** `public`: needs nothing. `own`: the route looks at the key itself (pings carry it in the path). */
export type RouteScope = KeyScope | "public" | "own";

declare module "fastify" {
  interface FastifyContextConfig {
    scope?: RouteScope;
    /** Largest body, before and after decompression. */
    bodyLimitBytes?: number;
  }
  interface FastifyRequest {
    /** Who asks. On `public` and `own` routes: the open principal, whatever key was sent. */
    principal: Principal;
  }
}

export interface HttpAccessOptions {
  access: AccessControl;
  /** Names besides loopback by which this server may be called. */
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
  publicUrl: string | null;
}

/** Answers the question whether the guard lets a request with such headers pass without a word. */
export function registerHttpAccess(
  app: FastifyInstance,
  options: HttpAccessOptions,
): (headers: FastifyRequest["headers"]) => boolean {
  const { access } = options;
  const { guard, isPlain } = createBrowserGuard(options);
  app.decorateRequest("principal", null as unknown as Principal);
  app.addHook("onRequest", (request, reply, done) => {
    request.principal = OPEN_PRINCIPAL;
    try {
      guard(request, reply);
      const scope = scopeOf(request);
      if (scope === null) return done();
      const secret = secretFromHeaders(request.headers);
      const recalled = access.recall(secret);
      if (recalled !== undefined) {
        demand(recalled, scope);
        request.principal = recalled;
        return done();
      }
      access
        .authenticate(secret)
        .then((principal) => {
          demand(principal, scope);
          request.principal = principal;
          done();
        })
        .catch(done);
    } catch (error) {
      done(error as Error);
    }
  });
  return isPlain;
}

function scopeOf(request: FastifyRequest): KeyScope | null {
  if (request.is404 || request.method === "OPTIONS") return null;
  const stated = request.routeOptions.config.scope;
  if (stated === "public" || stated === "own") return null;
  return stated ?? (isReading(request.method) ? "read" : "write");
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

function createBrowserGuard(options: HttpAccessOptions) {
  const own = options.publicUrl === null ? null : new URL(options.publicUrl);
  const hosts = new Set([
    ...options.allowedHosts.map((host) => host.toLowerCase()),
    ...(own ? [own.hostname] : []),
  ]);
  const origins = new Set([
    ...options.allowedOrigins.map((origin) => origin.replace(/\/+$/, "")),
    ...(own ? [own.origin] : []),
  ]);

  // Clients name one host, request after request.
  let known: string | undefined;
  const isOurHost = (header: string | undefined): boolean => {
    if (header === undefined || header === known) return true;
    const host = hostName(header);
    if (host === null || !(isLoopbackHost(host) || hosts.has(host))) return false;
    known = header;
    return true;
  };

  const isPlain = (headers: FastifyRequest["headers"]): boolean =>
    headers.origin === undefined &&
    (options.access.required || (isOurHost(headers.host) && !cameThroughProxy(headers)));
  const guard = (request: FastifyRequest, reply: FastifyReply): void => {
    const { headers } = request;
    if (!options.access.required) {
      if (!isOurHost(headers.host)) throw foreignHost(headers.host);
      if (cameThroughProxy(headers) && secretFromHeaders(headers) === null) throw throughProxy();
    }
    const { origin } = headers;
    if (origin === undefined) return;
    if (origins.has(origin)) allowOrigin(reply, origin);
    else if (isForgery(request, origin, options.access)) throw foreignOrigin(origin);
  };
  return { guard, isPlain };
}

/** A key sent in a header cannot be forged by another page; only trust in the machine can be abused. */
function isForgery(request: FastifyRequest, origin: string, access: AccessControl): boolean {
  if (isReading(request.method) || isOwnOrigin(origin, request.headers.host)) return false;
  return !access.required && secretFromHeaders(request.headers) === null;
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** True for a browser's request by a page of another site, where the browser says so. */
export function isCrossSite(headers: FastifyRequest["headers"]): boolean {
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") return true;
  const { origin, host } = headers;
  return origin !== undefined && !isOwnOrigin(origin, host);
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.header("access-control-allow-origin", origin);
  reply.header("vary", "origin");
}

function foreignHost(host: string | undefined): HttpProblem {
  return new HttpProblem(
    403,
    "host_not_allowed",
    "This server does not answer to that name",
    `It needs no key and therefore answers only to loopback names, not to "${host?.slice(0, 100)}". Use 127.0.0.1 or localhost, set http.publicUrl, or add the name to http.allowedHosts.`,
  );
}

function throughProxy(): HttpProblem {
  return new HttpProblem(
    401,
    "key_needed_through_proxy",
    "A proxy passed this request on",
    "Without a key this server answers to its own machine only. Make a key with: batchwatch keys create --scope read|write|ingest, and set http.publicUrl to the address that the proxy serves.",
    { headers: { "www-authenticate": 'Bearer realm="batchwatch"' } },
  );
}

function foreignOrigin(origin: string): HttpProblem {
  return new HttpProblem(
    403,
    "origin_not_allowed",
    "A page of another origin may not do that",
    `The page "${origin.slice(0, 100)}" is not this server's own. To let it send, add it to http.allowedOrigins.`,
  );
}
