/**
 * `GET /api/stream`: live updates as server-sent events (HTML Standard, 9.2). `event:` is the topic, `data:` says what
 * changed, never what it changed to: the client asks the API for that.
 *
 * A reader begins with `hello`; with `Last-Event-ID` of this server it then gets what it missed (`resumed: true`), else
 * it must ask for everything again. A reader that does not read is let go when BUFFER_BYTES wait for it; it comes back
 * by itself after RETRY_MS. When the server stops, all streams end.
 */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type StreamMessage, streamMessageSchema } from "@batchwatch/protocol";
import type { FastifyReply } from "fastify";
import type { ApiApp, ApiDeps } from "../api/api-deps.ts";
import { ChangeBroadcast, type NumberedMessage } from "./change-broadcast.ts";

const RETRY_MS = 2000;
const HEARTBEAT_MS = 15_000;
const BUFFER_BYTES = 256 * 1024;

export interface EventStreamOptions {
  heartbeatMs?: number;
  bufferBytes?: number;
}

export function registerEventStream(
  app: ApiApp,
  { feed }: Pick<ApiDeps, "feed">,
  options: EventStreamOptions = {},
): void {
  const broadcast = new ChangeBroadcast(feed);
  // Ids of an earlier process mean nothing to this one.
  const epoch = randomUUID().slice(0, 8);
  const open = new Set<ServerResponse>();

  app.addHook("preClose", async () => {
    for (const response of open) response.end();
    broadcast.stop();
  });

  app.get(
    "/api/stream",
    {
      schema: {
        tags: ["live"],
        summary: "Live updates as server-sent events",
        description: "`event:` is the topic (hello, run, job, incident), `data:` the message below as JSON.",
        response: {
          200: {
            description: "An endless stream",
            content: { "text/event-stream": { schema: streamMessageSchema } },
          },
        },
      },
    },
    (request, reply) => {
      const response = startStream(reply);
      const lastId = parseId(request.headers["last-event-id"], epoch);
      const missed = lastId === null ? null : broadcast.since(lastId);
      const hello: StreamMessage = { topic: "hello", resumed: missed !== null };
      response.write(
        `retry: ${RETRY_MS}\n\n${frame(epoch, { id: lastId !== null && missed !== null ? lastId : broadcast.lastId, message: hello })}`,
      );
      for (const message of missed ?? []) response.write(frame(epoch, message));

      const limit = options.bufferBytes ?? BUFFER_BYTES;
      const stopReading = broadcast.read((message) => {
        if (response.writableLength > limit) response.destroy();
        else response.write(frame(epoch, message));
      });
      const heartbeat = setInterval(
        () => response.write(": still here\n\n"),
        options.heartbeatMs ?? HEARTBEAT_MS,
      );
      open.add(response);
      response.once("close", () => {
        open.delete(response);
        stopReading();
        clearInterval(heartbeat);
      });
    },
  );
}

/** Takes the answer out of Fastify's hands, with the headers that hooks have set. */
function startStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  raw.on("error", () => undefined);
  return raw;
}

function frame(epoch: string, { id, message }: NumberedMessage): string {
  return `id: ${epoch}-${id}\nevent: ${message.topic}\ndata: ${JSON.stringify(message)}\n\n`;
}

function parseId(header: string | string[] | undefined, epoch: string): number | null {
  const [ofEpoch, id = ""] = (typeof header === "string" ? header : "").split("-");
  return ofEpoch === epoch && /^\d+$/.test(id) ? Number(id) : null;
}
