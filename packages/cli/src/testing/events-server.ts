/** A real HTTP server that takes `POST /api/events` as a test wants it to, and keeps what it was sent. For tests only. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { RejectedEvent, RunEventInput } from "@batchwatch/protocol/run-event";

export interface Received {
  events: RunEventInput[];
  headers: IncomingMessage["headers"];
}

/** What the server does with a request. */
export type Behaviour =
  | { kind: "accept"; reject?: (event: RunEventInput, index: number) => string | null }
  | { kind: "status"; status: number; body?: string; headers?: Record<string, string> }
  | { kind: "hang" }
  | { kind: "slow"; ms: number }
  | { kind: "close" };

export class EventsServer {
  readonly requests: Received[] = [];
  behaviour: Behaviour = { kind: "accept" };
  #url = "";
  #port = 0;
  readonly #sockets = new Set<Socket>();
  readonly #waiters = new Set<() => void>();
  #server = this.#create();

  get url(): string {
    return this.#url;
  }

  get events(): RunEventInput[] {
    return this.requests.flatMap(({ events }) => events);
  }

  /** Listens, on the port of before where there was one. */
  async start(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(this.#port, "127.0.0.1", resolve);
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#url = `http://127.0.0.1:${this.#port}`;
    return this;
  }

  /** Breaks all connections off and listens no more. */
  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await promise;
    this.#server = this.#create();
  }

  /** Resolves as soon as the events so far satisfy `seen`. */
  async waitFor(seen: (events: RunEventInput[]) => boolean): Promise<void> {
    while (!seen(this.events)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  #create() {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body: Buffer;
    try {
      body = await buffer(request);
    } catch {
      return;
    }
    const events = JSON.parse(body.toString()) as RunEventInput[];
    const { behaviour } = this;
    if (behaviour.kind === "hang") return;
    if (behaviour.kind === "close") {
      request.socket.destroy();
      return;
    }
    if (behaviour.kind === "status") {
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? "");
      return;
    }
    if (behaviour.kind === "slow") {
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, behaviour.ms);
      await promise;
    }
    const rejected: RejectedEvent[] = [];
    events.forEach((event, index) => {
      const message = behaviour.kind === "accept" ? (behaviour.reject?.(event, index) ?? null) : null;
      if (message !== null) rejected.push({ index, code: "invalid_event", message });
    });
    const accepted = events.filter((_, index) => !rejected.some((item) => item.index === index));
    this.requests.push({ events: accepted, headers: request.headers });
    for (const wake of this.#waiters) wake();
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ accepted: accepted.length, rejected }));
  }
}
