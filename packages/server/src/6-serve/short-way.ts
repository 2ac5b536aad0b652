/**
 * The short way past the framework (lib/short-requests.ts). Stands before it at the server: takes what is plain and has a short
 * way, leaves everything else. Saves half of what a ping costs in HTTP.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { ShortAnswer, ShortWay } from "../lib/short-requests.ts";

const MAX_URL_LENGTH = 500;

export interface ShortWayParts {
  /** True where the door (access/http-access.ts) would let it pass without a word. */
  isPlain(headers: IncomingHttpHeaders): boolean;
  isClosing(): boolean;
  count(route: string, status: number): void;
  countRefusal(stage: string, code: string | null, status: number): void;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export function registerShortWays(app: FastifyInstance, parts: ShortWayParts): void {
  const ways: ShortWay[] = [];
  app.decorate("addShortWay", (way: ShortWay) => {
    ways.push(way);
  });
  const usual = app.server.listeners("request") as Listener[];
  app.server.removeAllListeners("request");
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (takeShort(request, response, ways, parts)) return;
    for (const listener of usual) listener.call(app.server, request, response);
  });
}

function takeShort(
  request: IncomingMessage,
  response: ServerResponse,
  ways: readonly ShortWay[],
  parts: ShortWayParts,
): boolean {
  const { url = "", headers } = request;
  const way = ways.find(({ prefix }) => url.startsWith(prefix));
  if (
    way === undefined ||
    !hasNoBody(request) ||
    !isShort(url) ||
    parts.isClosing() ||
    !parts.isPlain(headers)
  )
    return false;
  const [target = "", query = ""] = url.slice(way.prefix.length).split("?");
  const answered = way.take({ path: target, query, headers, remoteAddress: request.socket.remoteAddress });
  if (answered === null) return false;
  const send = (answer: ShortAnswer): void => answerShort(response, way, answer, parts);
  answered.then(send, (error: unknown) => send(way.failed(error)));
  return true;
}

function hasNoBody({ method, headers }: IncomingMessage): boolean {
  if (method !== "GET" && method !== "HEAD" && method !== "POST") return false;
  const length = headers["content-length"];
  return headers["transfer-encoding"] === undefined && (length === undefined || length === "0");
}

/** Without escapes, and with one question mark at most: nothing is to be decoded. */
function isShort(url: string): boolean {
  return url.length <= MAX_URL_LENGTH && !/[%+#;]|\?.*\?/.test(url);
}

function answerShort(
  response: ServerResponse,
  way: ShortWay,
  { status, headers, body, code }: ShortAnswer,
  parts: ShortWayParts,
): void {
  const bytes = Buffer.byteLength(body);
  const closing = parts.isClosing() ? { connection: "close" } : undefined;
  response.writeHead(status, {
    "x-content-type-options": "nosniff",
    ...way.headers,
    ...headers,
    ...closing,
    "content-length": bytes,
  });
  response.end(body);
  parts.count(way.route, status);
  if (status >= 400) parts.countRefusal(way.stage, code ?? null, status);
}
