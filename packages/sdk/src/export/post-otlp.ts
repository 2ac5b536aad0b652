/** One OTLP/HTTP request (OTLP 1.11): what to do next is told from the answer; never rejects. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { gzipSync } from "node:zlib";
import type { Destination, OtlpProtocol, OtlpSignal } from "./export-options.ts";

const COMPRESS_FROM_BYTES = 1_024;
const MAX_ANSWER_BYTES = 64 * 1024;
/** The specification's list, and what gateways answer while they start. */
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

export type PostOutcome =
  /** `leftOut`: what the receiver says that it did not take. */
  | { kind: "delivered"; leftOut: string | null }
  /** Sending it again does not help. */
  | { kind: "refused"; message: string }
  /** It is kept: the receiver is away, overloaded, or does not take this key. */
  | { kind: "unavailable"; message: string; retryAfterMs: number | null };

export interface OtlpBody {
  signal: OtlpSignal;
  protocol: OtlpProtocol;
  body: Uint8Array;
}

export class OtlpClient {
  readonly #destination: Destination;
  readonly #agent: HttpAgent;

  constructor(destination: Destination) {
    this.#destination = destination;
    const { ca, cert, key, insecure } = destination.tls;
    const isTls = destination.endpoint.startsWith("https:");
    const options = { keepAlive: true, maxSockets: 4 };
    this.#agent = isTls
      ? new HttpsAgent({
          ...options,
          ...(ca && { ca }),
          ...(cert && { cert }),
          ...(key && { key }),
          ...(insecure && { rejectUnauthorized: false }),
        })
      : new HttpAgent(options);
  }

  post(given: OtlpBody, timeoutMs: number, signal?: AbortSignal): Promise<PostOutcome> {
    const { endpoint, headers } = this.#destination;
    const isLarge = given.body.length >= COMPRESS_FROM_BYTES;
    const body = isLarge ? gzipSync(given.body, { level: 1 }) : Buffer.from(given.body);
    const options: RequestOptions = {
      method: "POST",
      agent: this.#agent,
      headers: {
        "user-agent": "batchwatch-sdk",
        ...headers,
        "content-type": given.protocol === "http/json" ? "application/json" : "application/x-protobuf",
        "content-length": body.length,
        ...(isLarge && { "content-encoding": "gzip" }),
      },
      ...(signal !== undefined && { signal }),
    };
    const request = endpoint.startsWith("https:") ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const away = (message: string): void =>
        resolve({ kind: "unavailable", message: `${endpoint}: ${message}`, retryAfterMs: null });
      try {
        const sent = request(`${endpoint}/v1/${given.signal}`, options, (response) => {
          read(response).then(
            (answer) => resolve(outcomeOf(endpoint, response, answer, given.protocol)),
            (error: Error) => away(error.message),
          );
        });
        sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
        sent.on("error", (error: NodeJS.ErrnoException) => away(error.code ?? error.message));
        sent.end(body);
      } catch (error) {
        // A header that cannot be sent, and the like.
        resolve({ kind: "refused", message: error instanceof Error ? error.message : String(error) });
      }
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function outcomeOf(
  endpoint: string,
  response: IncomingMessage,
  answer: Buffer,
  protocol: OtlpProtocol,
): PostOutcome {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { kind: "delivered", leftOut: leftOutOf(answer, protocol) };
  const message = `${endpoint} answered ${status}`;
  if (status === 401 || status === 403)
    return { kind: "unavailable", message: `${message}: the key may not send`, retryAfterMs: null };
  if (RETRIED.has(status))
    return { kind: "unavailable", message, retryAfterMs: retryAfterMs(response.headers["retry-after"]) };
  return { kind: "refused", message: `${message}: ${answer.toString("utf8").slice(0, 300)}` };
}

function retryAfterMs(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** The message of a partial success: `{ partial_success = 1: { rejected = 1, error_message = 2 } }`. null: all was taken. */
function leftOutOf(answer: Buffer, protocol: OtlpProtocol): string | null {
  try {
    if (protocol === "http/json") {
      const { partialSuccess } = JSON.parse(answer.toString()) as {
        partialSuccess?: { errorMessage?: string };
      };
      return partialSuccess?.errorMessage || null;
    }
    const partial = lengthDelimited(answer, 0x0a);
    return partial === null ? null : lengthDelimited(partial, 0x12)?.toString() || null;
  } catch {
    return null;
  }
}

/** The first field with this tag; fields of whole numbers before it are stepped over. */
function lengthDelimited(bytes: Buffer, tag: number): Buffer | null {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const found = varint();
    if ((found & 7) === 0) varint();
    else if ((found & 7) === 2) {
      const length = varint();
      if (found === tag) return bytes.subarray(at, at + length);
      at += length;
    } else return null;
  }
  return null;
}
