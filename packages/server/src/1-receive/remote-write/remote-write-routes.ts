/**
 * `POST /api/v1/write`: Prometheus remote write 1.0. Receives a snappy block with a `WriteRequest`; hands samples to the intake,
 * slice by slice; answers 204 after the last commit. A request with samples that cannot be stored is answered 400, its
 * other samples being stored: 400 is what makes a sender go on instead of sending it again.
 */
import type { Readable } from "node:stream";
import { EARLIEST_INSTANT_AT, MAX_AHEAD_MS } from "@batchwatch/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ByteKeys } from "../../lib/byte-keys.ts";
import type { Clock } from "../../lib/clock.ts";
import { BodyTooLargeError, decompressBody } from "../../lib/decompress-body.ts";
import { HttpProblem } from "../../lib/http-problem.ts";
import { CorruptSnappyError, readSnappyBlock, SnappyTooLargeError } from "../../lib/snappy-block.ts";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import type { RefusedSamples } from "../../model/samples.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import type { ReadSeries } from "./read-series.ts";
import { newSeriesCache, WriteRequestReader } from "./read-write-request.ts";
import { WireError } from "./wire-cursor.ts";
import { type Workspace, Workspaces } from "./workspace.ts";

export interface RemoteWriteParts {
  intake: Intake;
  clock: Clock;
  selfMetrics: SelfMetrics;
  /** Before and after decompression. */
  bodyLimitBytes: number;
}

const STAGE = "receive_remote_write";
/** Samples of keys without a namespace count against the limit of this one. */
const DEFAULT_NAMESPACE = "default";
const PROTOBUF = "application/x-protobuf";
const WRITE_1_PROTO = "prometheus.WriteRequest";

export async function registerRemoteWrite(app: FastifyInstance, parts: RemoteWriteParts): Promise<void> {
  const series = newSeriesCache();
  const workspaces = new Workspaces();
  await app.register((scope, _options, done) => {
    // Snappy is the body's format here, whatever Content-Encoding says of other bodies.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (request: FastifyRequest, payload: Readable) =>
      readBody(request, payload, parts.bodyLimitBytes),
    );
    scope.post(
      "/api/v1/write",
      { config: { scope: "ingest", stage: STAGE, bodyLimitBytes: parts.bodyLimitBytes } },
      async (request, reply) => {
        await workspaces.use((workspace) => receive(request, parts, series, workspace));
        return reply.code(204).send();
      },
    );
    done();
  });
}

/** @throws HttpProblem 400, 413, 415; what the intake throws */
async function receive(
  request: FastifyRequest,
  { intake, clock, selfMetrics, bodyLimitBytes }: RemoteWriteParts,
  series: ByteKeys<ReadSeries>,
  workspace: Workspace,
): Promise<void> {
  const begunAt = performance.now();
  const body = decompress(request.body, bodyLimitBytes, workspace);
  const now = clock.now();
  const reader = new WriteRequestReader(body, {
    series,
    workspace,
    times: { earliestAt: EARLIEST_INSTANT_AT, latestAt: now + MAX_AHEAD_MS },
    namespace: request.principal.namespace ?? DEFAULT_NAMESPACE,
  });
  const refused: RefusedSamples[] = [];
  try {
    for (const samples of reader.slices()) {
      const sizeBytes = samples.times.length * 20;
      const outcome = await intake.submit({ ...EMPTY_BATCH, samples, sizeBytes });
      if (outcome.refusedSamples !== null) refused.push(outcome.refusedSamples);
    }
  } catch (error) {
    if (error instanceof WireError) throw badRequest("invalid_protobuf", error.message, error);
    throw error;
  }
  const refusedCount = refused.reduce((sum, { samples }) => sum + samples, 0);
  const stored = reader.samples - reader.invalidSamples - refusedCount;
  selfMetrics.stage(STAGE).done(performance.now() - begunAt, stored);
  count(selfMetrics, "invalid", reader.invalidSamples);
  count(selfMetrics, "series_limit", refusedCount);
  count(selfMetrics, "histogram", reader.histograms);
  const reasons = [...reader.reasons, ...refused.slice(0, 1).map(({ reason }) => reason)];
  if (reasons.length === 0) return;
  throw badRequest(
    "samples_not_stored",
    `${reader.samples + reader.histograms - stored} of ${reader.samples + reader.histograms} samples were not stored, the others were: ${reasons.join("; ")}.`,
  );
}

function count(selfMetrics: SelfMetrics, reason: string, by: number): void {
  if (by > 0)
    selfMetrics.count(
      "remote_write_rejected",
      "Samples of remote write that were not stored.",
      { reason },
      by,
    );
}

async function readBody(request: FastifyRequest, payload: Readable, limitBytes: number): Promise<Buffer> {
  try {
    refuseOtherFormats(request);
    return await decompressBody(payload, undefined, { maxReceivedBytes: limitBytes });
  } catch (error) {
    payload.resume();
    if (error instanceof BodyTooLargeError) throw tooLarge(error);
    throw error;
  }
}

/** Remote write 2.0 demands 415 of a receiver that does not speak it; its sender then falls back. */
function refuseOtherFormats({ headers }: FastifyRequest): void {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "snappy")
    throw new HttpProblem(
      415,
      "unsupported_encoding",
      "Unknown Content-Encoding",
      `Content-Encoding: remote write 1.0 has "snappy", not ${JSON.stringify(encoding.slice(0, 100))}.`,
    );
  const [type = "", ...parameters] = (headers["content-type"] ?? "").split(";").map((part) => part.trim());
  const proto = parameters.find((parameter) => parameter.startsWith("proto="))?.slice("proto=".length);
  if ((type === "" || type === PROTOBUF) && (proto === undefined || proto === WRITE_1_PROTO)) return;
  throw new HttpProblem(
    415,
    "unsupported_media_type",
    "Not remote write 1.0",
    `Content-Type: send "${PROTOBUF}" (remote write 1.0, ${WRITE_1_PROTO}), not ${JSON.stringify((headers["content-type"] ?? "").slice(0, 200))}.`,
  );
}

function decompress(body: unknown, limitBytes: number, workspace: Workspace): Uint8Array {
  if (!(body instanceof Uint8Array) || body.length === 0)
    throw badRequest("empty_body", "The body is empty; send a snappy block with a WriteRequest.");
  try {
    return readSnappyBlock(body, limitBytes, (length) => workspace.body(length));
  } catch (error) {
    if (error instanceof CorruptSnappyError) throw badRequest("corrupt_body", error.message, error);
    if (error instanceof SnappyTooLargeError) throw tooLarge(error);
    throw error;
  }
}

function badRequest(code: string, detail: string, cause?: unknown): HttpProblem {
  return new HttpProblem(400, code, "The request cannot be stored as it is", detail, { cause });
}

function tooLarge(error: Error): HttpProblem {
  return new HttpProblem(413, "body_too_large", "The body is too large", error.message, { cause: error });
}
