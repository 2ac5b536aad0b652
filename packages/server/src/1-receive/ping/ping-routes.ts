/**
 * Pings over HTTP, in each format that is known (ping-format.ts). Receives GET, HEAD, POST and any other method; answers
 * after the commit, in plain text: with a line's end, so that a terminal shows it as a line.
 */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from "fastify";
import type { ShortAnswer } from "../../lib/short-requests.ts";
import { cronitorPing } from "./cronitor-ping.ts";
import { healthchecksPing } from "./healthchecks-ping.ts";
import { type PingBody, readPingBody } from "./ping-body.ts";
import type { PingCall, PingFormat, PingQuery } from "./ping-format.ts";
import {
  createPingReceiver,
  PING_STAGE,
  type PingAnswer,
  type PingReceiverParts,
  type ReceivePing,
  refusalOf,
} from "./receive-ping.ts";
import { sentryCheckIn } from "./sentry-check-in.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** The formats by the addresses at which they are. A format of its own is a file and a line here. */
const ADDRESSES: readonly { url: string; formatOf: (query: PingQuery) => PingFormat }[] = [
  // Both have this address; Cronitor's says a state.
  { url: "/ping/*", formatOf: ({ state }) => (state === undefined ? healthchecksPing : cronitorPing) },
  { url: "/p/*", formatOf: () => cronitorPing },
  { url: "/api/:project(^\\d+$)/cron/*", formatOf: () => sentryCheckIn },
];

export interface PingRoutesParts extends PingReceiverParts {
  bodyLimitBytes: number;
}

/** Registers the pings' addresses in a scope of their own, and the short way of those that are plain. */
export async function registerPings(app: FastifyInstance, parts: PingRoutesParts): Promise<void> {
  const receive = createPingReceiver(parts);
  const headers = {
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    "ping-body-limit": String(parts.bodyLimitBytes),
  };
  const plugin: FastifyPluginAsync = async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request: FastifyRequest, payload: Readable) =>
      readPingBody(payload, parts.bodyLimitBytes),
    );
    scope.addHook("onRequest", (request, reply, done) => {
      // Whatever it claims to be, a body is text to keep.
      delete request.headers["content-type"];
      reply.headers(headers);
      done();
    });
    scope.setErrorHandler((error, request, reply) =>
      send(reply, refusalOf(error) ?? unforeseen(error, request.log, request.id)),
    );
    for (const { url, formatOf } of ADDRESSES) {
      const config = { scope: "own" as const, stage: PING_STAGE };
      scope.options(url, { config }, (_request, reply) =>
        reply.header("access-control-allow-methods", "GET, HEAD, POST").code(204).send(),
      );
      scope.route<{ Params: { "*": string }; Querystring: PingQuery }>({
        method: METHODS,
        exposeHeadRoute: false,
        url,
        config,
        handler: async (request, reply) =>
          send(
            reply,
            await receive(formatOf(request.query), callOf(request, request.params["*"], request.query)),
          ),
      });
    }
  };
  await app.register(plugin);
  addShortWay(app, receive, headers);
}

/** Healthchecks' pings without a body: nearly all there are. */
function addShortWay(
  app: FastifyInstance,
  receive: ReceivePing,
  headers: Readonly<Record<string, string>>,
): void {
  app.addShortWay({
    prefix: "/ping/",
    route: "/ping/*",
    stage: PING_STAGE,
    headers: { ...headers, "content-type": CONTENT_TYPE },
    take(request) {
      const query = queryOf(request.query);
      if (query === null) return null;
      const client = clientOf(request.headers["x-forwarded-for"], request.remoteAddress);
      const call = { path: request.path, query, headers: request.headers, client, body: null };
      return receive(healthchecksPing, call).then(asShortAnswer);
    },
    failed: (error) => asShortAnswer(refusalOf(error) ?? unforeseen(error, app.log, randomUUID())),
  });
}

/** Only what Healthchecks has, each once; null otherwise. */
function queryOf(text: string): PingQuery | null {
  if (text === "") return {};
  const query: Record<string, string> = {};
  for (const pair of text.split("&")) {
    const [name = "", value] = pair.split("=");
    if ((name !== "rid" && name !== "create") || value === undefined || query[name] !== undefined)
      return null;
    query[name] = value;
  }
  return query;
}

function asShortAnswer({ status, text, headers, code }: PingAnswer): ShortAnswer {
  return { status, headers, body: bodyOf(text), code };
}

function callOf(request: FastifyRequest, path: string, query: PingQuery): PingCall {
  return {
    path,
    query,
    headers: request.headers,
    client: clientOf(request.headers["x-forwarded-for"], request.socket.remoteAddress),
    body: (request.body as PingBody | undefined) ?? null,
  };
}

/** What a proxy says of where it came from is never trusted, only compared. */
function clientOf(forwarded: string | string[] | undefined, address: string | undefined): string {
  return `${address ?? ""} ${Array.isArray(forwarded) ? forwarded.join() : (forwarded ?? "")}`;
}

const CONTENT_TYPE = "text/plain; charset=utf-8";

/** With a line's end, so that a terminal shows it as a line. */
function bodyOf(text: string): string {
  return text === "" ? "" : `${text}\n`;
}

function send(reply: FastifyReply, { status, text, headers, code }: PingAnswer): FastifyReply {
  if (code !== undefined) reply.request.failureCode = code;
  if (headers !== undefined) reply.headers(headers);
  return reply.code(status).type(CONTENT_TYPE).send(bodyOf(text));
}

function unforeseen(error: unknown, log: FastifyBaseLogger, requestId: string): PingAnswer {
  log.error({ err: error, requestId }, "a ping could not be recorded");
  const text = `not recorded, try again; the server's log has the details under ${requestId}`;
  return { status: 503, text, headers: { "retry-after": "2" }, code: "error" };
}
