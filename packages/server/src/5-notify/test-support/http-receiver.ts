/** A real HTTP server that answers as a test says and keeps what it was sent. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined where it is none. */
  body: unknown;
}

export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string }
  | ((response: ServerResponse, received: Received) => void);

export interface HttpReceiver {
  origin: string;
  received: Received[];
  /** What is answered next; the last one stays. */
  answers: Answer[];
  close(): Promise<void>;
}

export async function startHttpReceiver(tls?: { key: Buffer; cert: Buffer }): Promise<HttpReceiver> {
  const receiver: Omit<HttpReceiver, "close" | "origin"> = {
    received: [],
    answers: [{ status: 200, body: "ok" }],
  };
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, text, body: jsonOf(text) };
      receiver.received.push(one);
      const { answers } = receiver;
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (typeof answer === "function") answer(response, one);
      else response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Nobody listens there (any more). */
export async function unusedOrigin(): Promise<string> {
  const receiver = await startHttpReceiver();
  await receiver.close();
  return receiver.origin;
}
