/**
 * The web pages: files of the built page, and its index for every address that is a place in the page. Files whose name
 * holds a hash are kept by browsers for ever. Where the page is not built, a plain one says how to build it.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "../lib/http-problem.ts";

/** Mantine sets inline styles; nothing else is inline, and nothing is loaded from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
} as const;

/**
 * The places in the page besides its beginning: the routes of packages/web/src/App.tsx (a test compares them). A browser
 * gets the page at these. Anywhere else it gets it too, but with 404 (the page then says so): a job whose address is
 * wrong must not be answered with 200. What is not a browser gets problem details.
 */
export const PAGE_ROUTES = [
  "/jobs/:namespace/:jobName",
  "/runs/:runId",
  "/incidents",
  "/incidents/:incidentId",
  "/dashboards",
  "/dashboards/:name",
  "/explore",
] as const;
const PLACES = PAGE_ROUTES.map((route) => new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}/?$`));
/** Where programs ask; a wrong address there is told in the form that programs read, whoever asks. */
const FOR_PROGRAMS = /^\/(?:api|v1|ping|assets)(?:\/|$)/;
const YEAR_SECONDS = 31_536_000;

/** The built page, seen from the sources and from the bundle; null where it is not built. */
export function findWebDir(from: string = fileURLToPath(new URL("./", import.meta.url))): string | null {
  const places = ["../../../web/dist", "../../web/dist", "web"].map((place) => join(from, place));
  return places.find((place) => existsSync(join(place, "index.html"))) ?? null;
}

export function registerWebPages(app: FastifyInstance, webDir: string | null): void {
  if (webDir !== null)
    app.register(fastifyStatic, {
      root: webDir,
      serve: false,
      preCompressed: true,
      cacheControl: false,
      index: false,
      dotfiles: "ignore",
    });

  app.get("/*", { config: { scope: "public", catchAll: true } }, (request, reply) => {
    const path = pathOf(request);
    const isPage = path === "/" || path === "/index.html" || isPlaceFor(request);
    if (!isPage && (webDir === null || !isFile(join(webDir, path)))) {
      if (webDir === null || !accepts(request, "text/html") || FOR_PROGRAMS.test(path))
        return reply.callNotFound();
      return sendIndex(reply.code(404).headers(PAGE_HEADERS));
    }
    reply.headers(PAGE_HEADERS);
    if (webDir === null) return reply.code(503).type("text/html; charset=utf-8").send(NOT_BUILT_PAGE);
    return isPage ? sendIndex(reply) : reply.header("cache-control", cacheFor(path)).sendFile(path);
  });
}

/** Matched as it was sent: a job's name may hold an escaped slash. */
function isPlaceFor(request: FastifyRequest): boolean {
  const [rawPath = ""] = request.url.split("?", 1);
  return accepts(request, "text/html") && PLACES.some((place) => place.test(rawPath));
}

function sendIndex(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-cache").sendFile("index.html");
}

function cacheFor(path: string): string {
  return path.startsWith("/assets/") ? `public, max-age=${YEAR_SECONDS}, immutable` : "public, max-age=300";
}

function pathOf(request: FastifyRequest): string {
  const raw = request.url.split("?", 1)[0] ?? "/";
  try {
    const path = decodeURIComponent(raw);
    if (!path.includes("\0") && !path.split(/[/\\]/).includes("..")) return path;
  } catch {
    // Told below.
  }
  throw new HttpProblem(400, "invalid_url", "The address is not valid", "The path cannot be read.");
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function accepts(request: FastifyRequest, type: string): boolean {
  return request.headers.accept?.includes(type) ?? false;
}

const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Batchwatch</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{font-family:ui-monospace,monospace}</style></head>
<body><h1>Batchwatch is running; its web page is not built</h1>
<p>Build it in the checkout with <code>npm run build</code> and start again (<code>npm start</code> does both).</p>
<p>Everything else works: the API under <a href="/api/openapi.json">/api</a>, OTLP under <code>/v1</code>, pings under <code>/ping</code>.</p>
</body></html>
`;
