/**
 * OTLP/HTTP: POST /v1/traces, /v1/metrics, /v1/logs, protobuf or JSON (INGEST 4.1). The body decides which it is; the Content-Type
 * only has to be one of the two. Answers and errors have the format that the request really had.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "../../lib/http-problem.ts";
import { failureOf, type OtlpFailure } from "./otlp-failure.ts";
import type { ReceiveOtlp } from "./receive-otlp.ts";
import { encodeExportResponse, encodeStatus, RPC_CODE } from "./wire/encode-response.ts";
import type { OtlpFormat, OtlpSignal } from "./wire/otlp-types.ts";
import { contentTypeOf, formatOfContentType, sniffFormat } from "./wire/sniff-format.ts";

const SIGNALS: readonly OtlpSignal[] = ["traces", "metrics", "logs"];

export interface OtlpHttpParts {
  receive: ReceiveOtlp;
  /** Before and after decompression. Default of the specification: 64 MiB. */
  bodyLimitBytes: number;
}

export async function registerOtlpHttp(app: FastifyInstance, parts: OtlpHttpParts): Promise<void> {
  // A scope of its own: only these routes answer errors as google.rpc.Status.
  await app.register((scope, _options, done) => {
    scope.setErrorHandler(answerFailure);
    for (const signal of SIGNALS)
      scope.post(
        `/v1/${signal}`,
        { config: { scope: "ingest", stage: "receive_otlp", bodyLimitBytes: parts.bodyLimitBytes } },
        (request, reply) => answerExport(signal, parts.receive, request, reply),
      );
    done();
  });
}

async function answerExport(
  signal: OtlpSignal,
  receive: ReceiveOtlp,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const format = formatOf(request);
  const partial = await receive(signal, bodyOf(request), format, request.principal.namespace);
  return reply.type(contentTypeOf(format)).send(encodeExportResponse(signal, format, partial));
}

function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** @throws HttpProblem 415 for a Content-Type that is neither; none at all is sniffed. */
function formatOf(request: FastifyRequest): OtlpFormat {
  const contentType = request.headers["content-type"];
  if (contentType !== undefined && formatOfContentType(contentType) === null)
    throw new HttpProblem(
      415,
      "unsupported_media_type",
      "Neither protobuf nor JSON",
      `Content-Type: send "application/x-protobuf" or "application/json", not "${contentType.slice(0, 100)}".`,
    );
  return sniffFormat(bodyOf(request), contentType);
}

function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(error) ?? unforeseen(error, request);
  const format = Buffer.isBuffer(request.body)
    ? sniffFormat(request.body, request.headers["content-type"])
    : (formatOfContentType(request.headers["content-type"]) ?? "json");
  const { retryDelayMs } = failure.status;
  if (retryDelayMs !== undefined) reply.header("retry-after", String(Math.ceil(retryDelayMs / 1000)));
  if (error instanceof HttpProblem) reply.headers(error.headers);
  return reply
    .code(failure.httpStatus)
    .type(contentTypeOf(format))
    .send(encodeStatus(failure.status, format));
}

function unforeseen(error: unknown, request: FastifyRequest): OtlpFailure {
  const httpStatus = statusOf(error);
  if (httpStatus < 500) {
    const message = error instanceof Error ? error.message : "bad request";
    return { httpStatus, status: { code: RPC_CODE.invalidArgument, message } };
  }
  request.log.error({ err: error, requestId: request.id }, "an OTLP request failed");
  const message = `Something broke here; the log has it under the id ${request.id}. Sending again may help.`;
  return { httpStatus: 503, status: { code: RPC_CODE.unavailable, message, retryDelayMs: 5_000 } };
}

/** Fastify's own errors carry a status. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : 500;
  return typeof status === "number" ? status : 500;
}
