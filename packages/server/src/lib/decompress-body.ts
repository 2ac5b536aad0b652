/**
 * Reads a request body from a stream and decompresses it on the way. Both what arrives and what comes out of it are capped: OTLP 1.11
 * demands the limit after decompression, and a 64 KiB gzip bomb would else fill the memory.
 *
 * The source is never destroyed: the caller can still answer 413 on the same connection, and should then close it.
 */
import type { Readable, Transform } from "node:stream";
import { constants, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from "node:zlib";

/** The default of OTLP 1.11.0 for servers. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface BodyLimits {
  /** Most bytes taken from the network. Default 64 MiB. */
  readonly maxReceivedBytes?: number;
  /** Most bytes after decompression. Default 64 MiB. */
  readonly maxDecompressedBytes?: number;
}

/** Answer 413 or RESOURCE_EXHAUSTED. Sending the same body again never helps; smaller batches do. */
export class BodyTooLargeError extends Error {
  readonly code = "BODY_TOO_LARGE";
  readonly maxBytes: number;
  constructor(stage: "as received" | "after decompression", maxBytes: number) {
    super(`The request body is larger than ${maxBytes} bytes ${stage}. Send smaller batches.`);
    this.name = "BodyTooLargeError";
    this.maxBytes = maxBytes;
  }
}

/** Answer 400. Sending the same body again never helps. */
export class CorruptBodyError extends Error {
  readonly code = "CORRUPT_BODY";
  constructor(encoding: string, cause: Error) {
    super(`The request body is not valid ${encoding}: ${cause.message}.`, { cause });
    this.name = "CorruptBodyError";
  }
}

/** Answer 415. */
export class UnsupportedEncodingError extends Error {
  readonly code = "UNSUPPORTED_ENCODING";
  constructor(contentEncoding: string) {
    super(
      `Content-Encoding ${JSON.stringify(contentEncoding)} is not supported. Use one of: ${SUPPORTED_ENCODINGS.join(", ")}.`,
    );
    this.name = "UnsupportedEncodingError";
  }
}

export const SUPPORTED_ENCODINGS = ["identity", "gzip", "deflate", "zstd"] as const;
type Encoding = (typeof SUPPORTED_ENCODINGS)[number];

/** RFC 9659: what a sender of `Content-Encoding: zstd` may ask of a receiver's memory is 8 MiB. */
const MAX_ZSTD_WINDOW_LOG = 23;

/**
 * The whole body, decompressed.
 * @param source a request, or any stream of Buffers
 * @param contentEncoding the Content-Encoding header: identity, gzip (x-gzip), deflate (with or without zlib header) or zstd
 * @throws BodyTooLargeError as soon as a cap is passed, CorruptBodyError, UnsupportedEncodingError (before reading anything); the
 *   stream's own error if the client goes away
 */
export async function decompressBody(
  source: Readable,
  contentEncoding: string | undefined,
  limits: BodyLimits = {},
): Promise<Buffer> {
  const encoding = parseEncoding(contentEncoding);
  const { maxReceivedBytes = DEFAULT_MAX_BODY_BYTES, maxDecompressedBytes = DEFAULT_MAX_BODY_BYTES } = limits;
  if (encoding === "identity") return readPlain(source, Math.min(maxReceivedBytes, maxDecompressedBytes));
  const sink = new DecompressingSink(encoding, maxDecompressedBytes);
  let receivedBytes = 0;
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      receivedBytes += chunk.length;
      if (receivedBytes > maxReceivedBytes) throw new BodyTooLargeError("as received", maxReceivedBytes);
      await sink.write(chunk);
    }
    return await sink.end();
  } finally {
    sink.dispose();
  }
}

function parseEncoding(contentEncoding: string | undefined): Encoding {
  const name = contentEncoding?.trim().toLowerCase() ?? "";
  if (name === "") return "identity";
  if (name === "x-gzip") return "gzip";
  const encoding = SUPPORTED_ENCODINGS.find((supported) => supported === name);
  if (encoding === undefined) throw new UnsupportedEncodingError(name);
  return encoding;
}

/** By events: most bodies are one small chunk, for which iterating over a stream costs more than all the rest. */
function readPlain(source: Readable, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const listeners = {
    data(chunk: Buffer) {
      size += chunk.length;
      if (size > maxBytes) fail(new BodyTooLargeError("as received", maxBytes));
      else chunks.push(chunk);
    },
    end: () => settle(() => resolve(concat(chunks, size))),
    error: (error: Error) => fail(error),
    close: () => fail(new Error("The client went away in the middle of its request.")),
  };
  const settle = (outcome: () => void): void => {
    for (const [event, listener] of Object.entries(listeners)) source.off(event, listener);
    outcome();
  };
  const fail = (error: Error): void => {
    source.pause();
    settle(() => reject(error));
  };
  if (source.errored !== null || source.destroyed)
    listeners.error(source.errored ?? new Error("The request is closed."));
  else for (const [event, listener] of Object.entries(listeners)) source.on(event, listener);
  return promise;
}

class DecompressingSink {
  readonly #encoding: Exclude<Encoding, "identity">;
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  /** `deflate` needs two bytes to tell which of its two formats it is. */
  #head: Buffer = Buffer.alloc(0);
  #decompressor: Transform | null = null;
  #size = 0;
  #failure: Error | null = null;
  /** The compressed data is complete. What the client sends after it is ignored, as zlib's own tools do. */
  #hasEnded = false;
  /** Wakes whoever waits for the decompressor: after a written chunk, on failure, and at the end (after which it answers no write). */
  #wake: () => void = () => {};

  constructor(encoding: Exclude<Encoding, "identity">, maxBytes: number) {
    this.#encoding = encoding;
    this.#maxBytes = maxBytes;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#decompressor !== null) {
      await this.#feed(this.#decompressor, chunk);
      return;
    }
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= 2) await this.#feed(this.#start(), this.#head);
  }

  /** A body of 0 bytes is an empty body in every encoding: some clients set the header regardless. */
  async end(): Promise<Buffer> {
    if (this.#decompressor === null && this.#head.length > 0) await this.#feed(this.#start(), this.#head);
    const decompressor = this.#decompressor;
    if (decompressor !== null) await this.#until(() => decompressor.end());
    return concat(this.#chunks, this.#size);
  }

  dispose(): void {
    this.#decompressor?.destroy();
  }

  #start(): Transform {
    const decompressor = createDecompressor(this.#encoding, this.#head);
    decompressor.on("data", (chunk: Buffer) => this.#keep(chunk));
    decompressor.on("end", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    decompressor.on("error", (error) => this.#fail(new CorruptBodyError(this.#encoding, error)));
    this.#decompressor = decompressor;
    return decompressor;
  }

  #feed(decompressor: Transform, chunk: Buffer): Promise<void> {
    return this.#until((done) => decompressor.write(chunk, () => done()));
  }

  /** Stops at the first byte too many; destroying the decompressor ends its work on the chunk it has. */
  #keep(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) {
      this.#fail(new BodyTooLargeError("after decompression", this.#maxBytes));
      this.dispose();
    } else this.#chunks.push(chunk);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async #until(start: (done: () => void) => void): Promise<void> {
    if (this.#failure === null && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        start(resolve);
      });
    }
    if (this.#failure !== null) throw this.#failure;
  }
}

function createDecompressor(encoding: Exclude<Encoding, "identity">, head: Buffer): Transform {
  switch (encoding) {
    case "gzip":
      return createGunzip();
    case "deflate":
      return hasZlibHeader(head) ? createInflate() : createInflateRaw();
    case "zstd":
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG } });
  }
}

/** RFC 1950: method 8 in the low half of the first byte, and the first two bytes divisible by 31. RFC 9110 wants it; some clients omit it. */
function hasZlibHeader(head: Buffer): boolean {
  return head.length >= 2 && ((head[0] ?? 0) & 0x0f) === 8 && head.readUInt16BE(0) % 31 === 0;
}

function concat(chunks: readonly Buffer[], size: number): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size);
}
