import { type AddressInfo, connect, type Socket } from "node:net";
import { type StreamMessage, streamMessageSchema } from "@batchwatch/protocol";
import Fastify from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChangeFeed } from "../../lib/change-feed.ts";
import { openTestApi, type TestApi } from "../api/test-support/open-api.ts";
import { registerEventStream } from "./event-stream.ts";

const JOB = { namespace: "default", environment: "", jobName: "daily_etl" };

/** A reader of the stream over a real socket. */
class Reader {
  readonly #socket: Socket;
  text = "";
  ended = false;

  constructor(port: number, lastEventId?: string) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (chunk: string) => {
      this.text += chunk;
    });
    this.#socket.on("close", () => {
      this.ended = true;
    });
    this.#socket.on("error", () => undefined);
    const header = lastEventId === undefined ? "" : `Last-Event-ID: ${lastEventId}\r\n`;
    this.#socket.write(`GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${header}\r\n`);
  }

  get messages(): StreamMessage[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map((match) =>
      streamMessageSchema.parse(JSON.parse(match[1] ?? "")),
    );
  }

  get lastId(): string {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
  }

  pause(): void {
    this.#socket.pause();
  }

  leave(): void {
    this.#socket.destroy();
  }
}

describe("GET /api/stream", () => {
  let api: TestApi;
  let port: number;
  const readers: Reader[] = [];
  const read = (lastEventId?: string): Reader => {
    const reader = new Reader(port, lastEventId);
    readers.push(reader);
    return reader;
  };

  beforeEach(async () => {
    api = await openTestApi();
    await api.app.listen({ host: "127.0.0.1", port: 0 });
    port = (api.app.server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.leave();
    await api.close();
  });

  const run = (runId: string) =>
    api.feed.publish({ topic: "run", jobId: 1, job: JOB, runRowId: 1, runId, phase: "running" });

  test("greets, says when to come back, and tells what changes", async () => {
    const reader = read();
    await vi.waitFor(() => expect(reader.messages).toEqual([{ topic: "hello", resumed: false }]));
    expect(reader.text).toMatch(/^HTTP\/1\.1 200/);
    expect(reader.text).toMatch(/content-type: text\/event-stream/i);
    expect(reader.text).toContain("retry: 2000\n");
    run("a");
    api.feed.publish({ topic: "incident", jobId: 1, job: JOB, incidentId: 3 });
    await vi.waitFor(() => expect(reader.messages).toHaveLength(3));
    expect(reader.messages.slice(1)).toEqual([
      { topic: "run", ...JOB, runId: "a", phase: "running" },
      { topic: "incident", ...JOB, incidentId: "3" },
    ]);
    expect(reader.text).toContain("event: incident\n");
  });

  test("a reader that comes back gets what it missed", async () => {
    const first = read();
    await vi.waitFor(() => expect(first.messages).toHaveLength(1));
    run("a");
    await vi.waitFor(() => expect(first.messages).toHaveLength(2));
    first.leave();
    run("b");
    run("c");
    const second = read(first.lastId);
    await vi.waitFor(() => expect(second.messages).toHaveLength(3));
    expect(second.messages[0]).toEqual({ topic: "hello", resumed: true });
    expect(second.messages.slice(1).map((message) => message.runId)).toEqual(["b", "c"]);
  });

  test.each(["other-7", "nonsense", ""])("an id that is none of ours (%s) begins anew", async (id) => {
    const reader = read(id);
    await vi.waitFor(() => expect(reader.messages).toEqual([{ topic: "hello", resumed: false }]));
  });

  test("all streams end when the server stops", async () => {
    const reader = read();
    await vi.waitFor(() => expect(reader.messages).toHaveLength(1));
    await api.app.close();
    await vi.waitFor(() => expect(reader.ended).toBe(true));
  });
});

test("beats when nothing happens, and lets a reader go that does not read", async () => {
  const feed = new ChangeFeed();
  const app = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerEventStream(app, { feed }, { heartbeatMs: 5, bufferBytes: 16 * 1024 });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;

  const reader = new Reader(port);
  await vi.waitFor(() => expect(reader.text.match(/^: still here$/gm)?.length).toBeGreaterThan(1));

  const stuck = new Reader(port);
  await vi.waitFor(() => expect(stuck.messages).toHaveLength(1));
  stuck.pause();
  const connections = () =>
    new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));
  expect(await connections()).toBe(2);
  reader.leave();
  let round = 0;
  await vi.waitFor(
    async () => {
      round += 1;
      for (let index = 0; index < 20_000; index++)
        feed.publish({
          topic: "run",
          jobId: 1,
          job: JOB,
          runRowId: 1,
          runId: `run-${round}-${index}`,
          phase: "running",
        });
      expect(await connections()).toBe(0);
    },
    { timeout: 10_000 },
  );
  await app.close();
});
