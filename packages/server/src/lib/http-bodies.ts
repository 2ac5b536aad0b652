/**
 * Request bodies: bytes, decompressed, within a limit, whatever the Content-Type says. Receivers decode them themselves,
 * because senders label them wrongly (curl posts text as a form, Airflow 2.10 posts protobuf as JSON).
 */

import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import {
  BodyTooLargeError,
  CorruptBodyError,
  decompressBody,
  SUPPORTED_ENCODINGS,
  UnsupportedEncodingError,
} from "./decompress-body.ts";
import { HttpProblem } from "./http-problem.ts";

/** Where a route sets no `config.bodyLimitBytes`. */
const USUAL_LIMIT_BYTES = 1024 * 1024;

/** Every body arrives as a Buffer in `request.body`; none arrives as undefined. */
export function registerRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", readRawBody);
  // An invalid or empty Content-Type would be refused (415) before any parser is asked.
  app.addHook("onRequest", (request, _reply, done) => {
    const type = request.headers["content-type"];
    if (type !== undefined && !/^[\w.+-]+\/[\w.+*-]+\s*(;|$)/.test(type))
      delete request.headers["content-type"];
    done();
  });
}

/** For scopes whose routes take JSON: `request.body` is the parsed value. */
export function registerJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest, payload: Readable) =>
    parseJson(await readRawBody(request, payload)),
  );
}

/** @throws HttpProblem 400 that says where the text stops being JSON. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw invalidJson("The body is empty; send JSON.");
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch (error) {
    throw invalidJson(`The body is no valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function invalidJson(detail: string): HttpProblem {
  return new HttpProblem(400, "invalid_json", "The body is no valid JSON", detail);
}

/** @throws HttpProblem 400, 413 or 415. The connection stays usable: what is left of the body is thrown away. */
async function readRawBody(request: FastifyRequest, payload: Readable): Promise<Buffer> {
  const limit = request.routeOptions.config.bodyLimitBytes ?? USUAL_LIMIT_BYTES;
  try {
    return await decompressBody(payload, request.headers["content-encoding"], {
      maxReceivedBytes: limit,
      maxDecompressedBytes: limit,
    });
  } catch (error) {
    payload.resume();
    throw problemOf(error);
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof BodyTooLargeError)
    return new HttpProblem(413, "body_too_large", "The body is too large", error.message, { cause: error });
  if (error instanceof CorruptBodyError)
    return new HttpProblem(400, "corrupt_body", "The body cannot be decompressed", error.message, {
      cause: error,
    });
  if (error instanceof UnsupportedEncodingError)
    return new HttpProblem(415, "unsupported_encoding", "Unknown Content-Encoding", error.message, {
      headers: { "accept-encoding": SUPPORTED_ENCODINGS.join(", ") },
    });
  return error;
}
