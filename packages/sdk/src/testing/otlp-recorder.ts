/** An OTLP/HTTP receiver that remembers what it got: for tests of what is sent, and of receivers that are slow, away or refuse. */
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

export interface RecordedRequest {
  path: string;
  contentType: string;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

export type Behaviour = "take" | "hang" | { status: number; headers?: Record<string, string> };

export interface OtlpRecorder {
  url: string;
  requests: RecordedRequest[];
  behave(how: Behaviour): void;
  /** Text that stands in any body so far: enough for attributes of JSON, and for strings in protobuf. */
  has(text: string): boolean;
  close(): Promise<void>;
}

export async function startOtlpRecorder(tls?: { cert: string; key: string }): Promise<OtlpRecorder> {
  const requests: RecordedRequest[] = [];
  let behaviour: Behaviour = "take";
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { "content-encoding": encoding, "content-type": contentType = "" } = request.headers;
      const raw = Buffer.concat(chunks);
      if (behaviour === "hang") return;
      if (behaviour !== "take") {
        response.writeHead(behaviour.status, behaviour.headers).end();
        return;
      }
      const body = encoding === "gzip" ? gunzipSync(raw) : raw;
      requests.push({ path: request.url ?? "", contentType, headers: request.headers, body });
      answer(response, contentType);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    behave(how) {
      behaviour = how;
    },
    has: (text) => requests.some(({ body }) => body.includes(text)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { "content-type": contentType });
  response.end(contentType.includes("json") ? "{}" : "");
}
