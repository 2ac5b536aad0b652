/** OTLP/HTTP over real sockets, by the specification's obligations (INGEST 4.1). */
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerRawBodies } from "../../lib/http-bodies.ts";
import { IntakeOverloadedError } from "../../model/intake.ts";
import { startTestServer, type TestServer } from "../../test-server.ts";
import { registerOtlpHttp } from "./otlp-http.ts";
import { startLockedServer } from "./test-support/locked-server.ts";
import { oneSpan, tracesJson, tracesProtobuf } from "./test-support/trace-requests.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";
const LIMIT_BYTES = 64 * 1024;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ otlp: { bodyLimitBytes: LIMIT_BYTES } });
});
afterAll(() => server.close());

interface Answer {
  status: number;
  type: string | null;
  headers: Headers;
  bytes: Buffer;
  json: () => Record<string, unknown>;
}

async function post(
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string>,
  to: Pick<TestServer, "httpUrl"> = server,
): Promise<Answer> {
  const response = await fetch(new URL(path, to.httpUrl), {
    method: "POST",
    body: body as Uint8Array<ArrayBuffer> | string,
    headers,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const { status } = response;
  return {
    status,
    type: response.headers.get("content-type"),
    headers: response.headers,
    bytes,
    json: () => JSON.parse(bytes.toString()) as Record<string, unknown>,
  };
}

async function runIds(): Promise<string[]> {
  const { items } = await server.store.listRuns({}, "startedAt", { limit: 1000, cursor: null });
  return items.map(({ runId }) => runId);
}

describe("the body decides what it is", () => {
  test.for([
    ["protobuf", PROTOBUF, true],
    ["JSON", JSON_TYPE, false],
    ["JSON with parameters", "application/json; charset=utf-8", false],
    ["protobuf labelled JSON, as Airflow 2.10 sends it", JSON_TYPE, true],
    ["JSON labelled protobuf", PROTOBUF, false],
    ["protobuf under its other name", "application/protobuf", true],
    ["protobuf without a label", "", true],
  ] as const)("%s", async ([name, contentType, isProtobuf]) => {
    const span = oneSpan({ runId: `sniffed ${name}` });
    const body = isProtobuf ? tracesProtobuf([span]) : tracesJson([span]);
    const answer = await post("/v1/traces", body, contentType === "" ? {} : { "content-type": contentType });
    expect(answer.status).toBe(200);
    expect(answer.type).toMatch(isProtobuf ? PROTOBUF : JSON_TYPE);
    expect(answer.bytes.toString()).toBe(isProtobuf ? "" : "{}");
    expect(await runIds()).toContain(`sniffed ${name}`);
  });

  test("another Content-Type is refused", async () => {
    const answer = await post("/v1/traces", tracesJson([oneSpan()]), { "content-type": "text/xml" });
    expect(answer.status).toBe(415);
    expect(answer.json()).toMatchObject({ code: 3, message: expect.stringContaining("text/xml") as unknown });
  });
});

describe("compression", () => {
  const encodings: Readonly<Record<string, (body: Buffer) => Buffer>> = {
    gzip: gzipSync,
    deflate: deflateSync,
    zstd: zstdCompressSync,
    identity: (body) => body,
  };
  test.for(Object.keys(encodings))("%s is taken", async (encoding) => {
    const body = tracesProtobuf([oneSpan({ runId: `in ${encoding}` })]);
    const compressed = encodings[encoding]?.(body) ?? body;
    const { status } = await post("/v1/traces", new Uint8Array(compressed), {
      "content-type": PROTOBUF,
      "content-encoding": encoding,
    });
    expect(status).toBe(200);
    expect(await runIds()).toContain(`in ${encoding}`);
  });

  test("what is no gzip is 400, what nobody knows is 415", async () => {
    const headers = { "content-type": PROTOBUF, "content-encoding": "gzip" };
    const corrupt = await post("/v1/traces", "no gzip", headers);
    expect([corrupt.status, corrupt.type]).toEqual([400, PROTOBUF]);
    expect((await post("/v1/traces", "x", { ...headers, "content-encoding": "br" })).status).toBe(415);
  });
});

describe("limits", () => {
  test("too large as received, and after decompression, is 413", async () => {
    const zeros = new Uint8Array(LIMIT_BYTES + 1);
    const plain = await post("/v1/traces", zeros, { "content-type": PROTOBUF });
    expect(plain.status).toBe(413);
    const bomb = await post("/v1/traces", new Uint8Array(gzipSync(new Uint8Array(10_000_000))), {
      "content-type": JSON_TYPE,
      "content-encoding": "gzip",
    });
    expect(bomb.status).toBe(413);
    expect(bomb.json()).toMatchObject({
      code: 8,
      message: expect.stringContaining(String(LIMIT_BYTES)) as unknown,
    });
    expect(bomb.headers.get("retry-after")).toBeNull();
  });

  test("an empty request is a success", async () => {
    for (const signal of ["traces", "metrics", "logs"]) {
      expect((await post(`/v1/${signal}`, "", { "content-type": PROTOBUF })).status).toBe(200);
      expect((await post(`/v1/${signal}`, "{}", { "content-type": JSON_TYPE })).status).toBe(200);
    }
  });
});

describe("bad data", () => {
  test("what cannot be read is 400 and names the field", async () => {
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: "none" }] }] });
    const answer = await post("/v1/traces", body, { "content-type": JSON_TYPE });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 3,
      details: [{ fieldViolations: [{ field: "resourceSpans[0].scopeSpans[0].spans" }] }],
    });
    const garbled = await post("/v1/traces", new Uint8Array([0x0a, 0xff, 0x01]), {
      "content-type": PROTOBUF,
    });
    expect([garbled.status, garbled.type]).toEqual([400, PROTOBUF]);
  });

  test("an item that cannot be kept is counted with its reason, the others are stored", async () => {
    const spans = [
      oneSpan({ runId: "beside a bad one" }),
      oneSpan({ traceId: "zz" }),
      oneSpan({ runId: "in 1970", startAt: 1000 }),
      oneSpan({ runId: "in 2100", startAt: Date.UTC(2100, 0, 1) }),
    ];
    const answer = await post("/v1/traces", tracesJson(spans), { "content-type": JSON_TYPE });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: "3" } });
    const { errorMessage } = answer.json().partialSuccess as { errorMessage: string };
    expect(errorMessage).toMatch(/traceId.*before 2010.*ahead of the server's clock/s);
    const ids = await runIds();
    expect(ids).toContain("beside a bad one");
    expect(ids).not.toContain("in 1970");
    expect(ids).not.toContain("in 2100");
  });

  test("10 000 attributes are cut with a note; the run's own stay", async () => {
    const more = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a${index}`, "v"]));
    const large = await startTestServer();
    const span = oneSpan({ runId: "much said", attributes: more });
    const answer = await post("/v1/traces", tracesJson([span]), { "content-type": JSON_TYPE }, large);
    const { rejectedSpans = "0", errorMessage } = answer.json().partialSuccess as Record<string, string>;
    expect(rejectedSpans).toBe("0");
    expect(errorMessage).toMatch(/has 10003 attributes; 256 of them are kept/);
    const { items } = await large.store.listRuns({}, "startedAt", { limit: 10, cursor: null });
    expect(items.map(({ runId }) => runId)).toEqual(["much said"]);
    await large.close();
  });

  test("invalid UTF-8 is replaced", async () => {
    const body = Buffer.from(tracesJson([oneSpan({ runId: "broken @ id" })]));
    body[body.indexOf("@")] = 0xff;
    expect((await post("/v1/traces", new Uint8Array(body), { "content-type": JSON_TYPE })).status).toBe(200);
    expect(await runIds()).toContain("broken \ufffd id");
  });

  test("profiles and other addresses are 404, other methods 405", async () => {
    expect((await post("/v1development/profiles", "", { "content-type": PROTOBUF })).status).toBe(404);
    expect((await server.request("/v1/traces")).status).toBe(405);
  });
});

describe("duplicates", () => {
  test("a request sent again changes nothing", async () => {
    const body = tracesProtobuf([oneSpan({ runId: "sent twice" })]);
    for (let time = 0; time < 2; time += 1)
      await post("/v1/traces", new Uint8Array(body), { "content-type": PROTOBUF });
    expect((await runIds()).filter((runId) => runId === "sent twice")).toHaveLength(1);
    const [run] = await server.store.findRunsByRunId("sent twice");
    if (run === undefined) throw new Error("no run");
    expect(await server.store.runSpans(run, 10)).toHaveLength(1);
    expect((await server.store.runEvents(run.id, { limit: 10, cursor: null })).items).toHaveLength(2);
  });
});

describe("keys", () => {
  test("none is 401, one that may only read 403; one for sending gives its namespace", async () => {
    const { server: locked, sendSecret, readSecret, close } = await startLockedServer();
    const headers = { "content-type": JSON_TYPE };
    const body = tracesJson([oneSpan({ runId: "with a key" })]);
    const none = await post("/v1/traces", body, headers, locked);
    expect([none.status, none.json().code]).toEqual([401, 16]);
    const wrong = await post("/v1/traces", body, { ...headers, "x-api-key": readSecret }, locked);
    expect([wrong.status, wrong.json().code]).toEqual([403, 7]);
    const right = { ...headers, authorization: `Bearer ${sendSecret}` };
    expect((await post("/v1/traces", body, right, locked)).status).toBe(200);
    const { items } = await locked.store.listJobs({}, { limit: 10, cursor: null });
    expect(items.map(({ namespace }) => namespace)).toEqual(["finance"]);
    await close();
  });
});

test("overload is 503 with Retry-After, never 429", async () => {
  const app = Fastify();
  registerRawBodies(app);
  app.decorateRequest("principal");
  app.addHook("onRequest", (request, _reply, done) => {
    request.principal = { keyId: null, scope: "ingest", namespace: null };
    done();
  });
  await registerOtlpHttp(app, {
    receive: () => Promise.reject(new IntakeOverloadedError(2)),
    bodyLimitBytes: LIMIT_BYTES,
  });
  const httpUrl = await app.listen({ host: "127.0.0.1", port: 0 });
  const answer = await post("/v1/metrics", "{}", { "content-type": JSON_TYPE }, { httpUrl });
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("2");
  expect(answer.json()).toMatchObject({ code: 14, details: [{ retryDelay: "2s" }] });
  await app.close();
});
