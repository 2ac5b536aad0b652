import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../test-server.ts";
import { PAGE_ROUTES } from "./web-pages.ts";

let webDir = "";
let server: TestServer;

beforeAll(async () => {
  webDir = mkdtempSync(join(tmpdir(), "batchwatch-web-"));
  mkdirSync(join(webDir, "assets"));
  writeFileSync(join(webDir, "index.html"), "<!doctype html><title>the page</title>");
  writeFileSync(join(webDir, "favicon.svg"), "<svg/>");
  writeFileSync(join(webDir, "assets/main-abc123.js"), "plain");
  writeFileSync(join(webDir, "assets/main-abc123.js.gz"), gzipSync("squeezed"));
  server = await startTestServer({ http: { allowedOrigins: ["https://app.example"] } }, { webDir });
});
afterAll(async () => {
  await server.close();
  rmSync(webDir, { recursive: true, force: true });
});

/** Without what fetch forbids or adds. */
function raw(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const url = new URL(path, server.httpUrl);
      const request = httpRequest(
        url,
        { method: options.method ?? "GET", headers: options.headers ?? {} },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      request.on("error", reject);
      request.end(options.body);
    },
  );
}

async function bare(text: string): Promise<string> {
  const { port, hostname } = new URL(server.httpUrl);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.end(text);
  await once(socket, "close");
  return answer;
}

describe("a refusal is a problem with a code", () => {
  test.each([
    ["GET", "/api/nowhere", {}, undefined, 404, "not_found"],
    ["GET", "/v1development/profiles", {}, undefined, 404, "not_found"],
    ["DELETE", "/healthz", {}, undefined, 405, "method_not_allowed"],
    ["GET", "/api/events", {}, undefined, 405, "method_not_allowed"],
    ["GET", "/%zz", {}, undefined, 400, "invalid_url"],
    ["POST", "/api/events", { "content-encoding": "br" }, "x", 415, "unsupported_encoding"],
    ["POST", "/api/events", { "content-encoding": "gzip" }, "no gzip", 400, "corrupt_body"],
    ["POST", "/api/events", { "content-type": "???" }, "no json", 400, "invalid_json"],
    ["POST", "/api/events", { origin: "http://evil.test" }, "[]", 403, "origin_not_allowed"],
    ["POST", "/api/events", { origin: "null" }, "[]", 403, "origin_not_allowed"],
    ["GET", "/api/jobs", { host: "evil.test" }, undefined, 403, "host_not_allowed"],
    ["GET", "/api/jobs", { "x-forwarded-for": "10.0.0.1" }, undefined, 401, "key_needed_through_proxy"],
    ["GET", "/api/jobs", { "x-api-key": "bw_nonsense" }, undefined, 401, "unauthorized"],
  ])("%s %s %j", async (method, path, headers, body, status, code) => {
    const answer = await raw(path, { method, headers, ...(body === undefined ? {} : { body }) });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(JSON.parse(answer.text)).toMatchObject({
      status,
      code,
      title: expect.any(String),
      detail: expect.any(String),
    });
  });

  test("405 names the methods there are", async () => {
    const { headers } = await raw("/healthz", { method: "DELETE" });
    expect(headers.allow).toBe("GET, HEAD");
  });

  test.each([
    ["no HTTP", "hello\r\n\r\n", /^HTTP\/1.1 400 .*malformed_http/s],
    [
      "huge headers",
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 .*headers_too_large/s,
    ],
  ])("also to %s", async (_name, text, expected) => {
    expect(await bare(text)).toMatch(expected);
  });

  test("a bomb is refused without being unpacked, and the connection can go on", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const answer = await raw("/api/events", {
      method: "POST",
      headers: { "content-encoding": "gzip" },
      body: bomb,
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "body_too_large" });
  });

  test("a body over the limit is refused while it is still being sent", async () => {
    const answer = await raw("/api/events", { method: "POST", body: Buffer.alloc(40 * 1024 * 1024, 32) });
    expect(answer.status).toBe(413);
  });
});

describe("browsers", () => {
  test("of the server's own page may send", async () => {
    const { status } = await raw("/api/events", {
      method: "POST",
      headers: { origin: server.httpUrl },
      body: "[]",
    });
    expect(status).toBe(200);
  });

  test("of a configured origin may send, and are told so beforehand", async () => {
    const headers = { origin: "https://app.example", "access-control-request-headers": "content-type" };
    const preflight = await raw("/v1/traces", { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-headers": "content-type",
    });
    expect((await raw("/api/events", { method: "POST", headers, body: "[]" })).status).toBe(200);
  });

  test("of another origin get no permission", async () => {
    const preflight = await raw("/v1/traces", {
      method: "OPTIONS",
      headers: { origin: "https://evil.test" },
    });
    expect(preflight.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("the page", () => {
  test.each(["/", "/index.html", "/jobs/default/daily_etl", "/runs/a.b?x=1"])(
    "is answered at %s with a strict policy",
    async (path) => {
      const { status, text, headers } = await raw(path, { headers: { accept: "text/html" } });
      expect({ status, text }).toEqual({ status: 200, text: "<!doctype html><title>the page</title>" });
      expect(headers).toMatchObject({
        "content-security-policy": expect.stringContaining("default-src 'none'; script-src 'self'"),
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
      });
    },
  );

  test("keeps hashed files for ever, and sends the squeezed one", async () => {
    const { headers, text } = await raw("/assets/main-abc123.js", { headers: { "accept-encoding": "gzip" } });
    expect(headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-encoding": "gzip",
    });
    expect(text).not.toBe("plain");
    expect((await raw("/assets/main-abc123.js")).text).toBe("plain");
  });

  test("has the places that are served as it", () => {
    const app = readFileSync(join(import.meta.dirname, "../../../web/src/App.tsx"), "utf8");
    const routes = [...app.matchAll(/path: "([^"]+)"/g)].flatMap((match) => match[1] ?? []);
    expect(routes.filter((route) => route !== "/" && route !== "*")).toEqual([...PAGE_ROUTES]);
  });

  // A wrong ping address was answered with 200 and the page, so a cron job seemed to be watched and was not.
  test.each([
    ["/local/daily_etl", "*/*"],
    ["/b1d2c3d4-0000-4000-8000-000000000000", "*/*"],
    ["/jobs/default/daily_etl", "*/*"],
    ["/api/nothing", "text/html"],
    ["/v1/nothing", "text/html"],
    ["/ping", "text/html"],
    ["/assets/nothing.js", "text/html"],
  ])("is not the answer to %s for %s", async (path, accept) => {
    const { status, text } = await raw(path, { headers: { accept } });
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({
      code: "not_found",
      detail: expect.stringContaining("Pings live under /ping/"),
    });
  });

  test.each(["/local/daily_etl/start", "/b1d2c3d4-0000-4000-8000-000000000000", "/nowhere"])(
    "says to a browser that there is nothing at %s, with status 404",
    async (path) => {
      const { status, text, headers } = await raw(path, { headers: { accept: "text/html,*/*;q=0.8" } });
      expect({ status, text }).toEqual({ status: 404, text: "<!doctype html><title>the page</title>" });
      expect(headers).toMatchObject({
        "content-security-policy": expect.any(String),
        "cache-control": "no-cache",
      });
    },
  );

  test.each(["/assets/gone-1.js", "/..%2f..%2fetc%2fpasswd"])("never stands in for %s", async (path) => {
    const { status, text } = await raw(path);
    expect(text).not.toContain("root:");
    expect(status).toBeGreaterThanOrEqual(400);
  });
});

test("a path that climbs is refused", async () => {
  const answer = await bare("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).not.toContain("root:");
});

test("a page that is not built says how to build it", async () => {
  const bareServer = await startTestServer({}, { webDir: null });
  const { status, text } = await bareServer.request("/");
  expect(status).toBe(503);
  expect(text).toContain("npm run build");
  await bareServer.close();
});

test("health, readiness and own metrics", async () => {
  expect(await server.request("/healthz")).toMatchObject({ status: 200, json: { status: "up" } });
  expect(await server.request("/readyz")).toMatchObject({
    status: 200,
    json: {
      status: "ready",
      parts: {
        storage: { ready: true },
        watch: { ready: true },
        outbox: { ready: true },
        jobsFiles: { ready: true },
      },
    },
  });
  const { text, headers } = await server.request("/metrics");
  expect(headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(text).toMatch(/batchwatch_http_requests_total\{route="\/healthz",status="200"\} \d/);
});

test("HTTPS with the configured certificate", async () => {
  const tlsDir = join(import.meta.dirname, "../testdata/tls");
  const [certFile, keyFile] = [join(tlsDir, "cert.pem"), join(tlsDir, "key.pem")];
  const secure = await startTestServer({ http: { tls: { certFile, keyFile } } });
  expect(secure.httpUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const [response] = await once(
    httpsRequest(`${secure.httpUrl}/healthz`, { ca: readFileSync(certFile) }).end(),
    "response",
  );
  expect(response).toMatchObject({ statusCode: 200 });
  (response as { resume(): void }).resume();
  await secure.reload();
  await secure.close();
});
