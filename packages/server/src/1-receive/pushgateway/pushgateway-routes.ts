/**
 * `PUT|POST|DELETE /metrics/job/<JOB>{/<LABEL>/<VALUE>}`: pushes as the Pushgateway takes them (PROMETHEUS 6). The group is
 * durable before the answer; what the push says of a run goes to the intake before it, too.
 */
import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../../lib/clock.ts";
import { BodyTooLargeError, CorruptBodyError, decompressBody } from "../../lib/decompress-body.ts";
import { HttpProblem } from "../../lib/http-problem.ts";
import { CorruptSnappyError, readSnappyBlock, SnappyTooLargeError } from "../../lib/snappy-block.ts";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import type { PushedFamily } from "../../model/push-group.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { readGroupingKey } from "./grouping-key.ts";
import { PushError } from "./push-error.ts";
import type { PushGroups } from "./push-groups.ts";
import { eventsOfPush, isOfRun } from "./pushed-runs.ts";
import { readProtobuf } from "./read-protobuf.ts";
import { readText } from "./read-text.ts";

export interface PushgatewayParts {
  groups: PushGroups;
  intake: Intake;
  clock: Clock;
  selfMetrics: SelfMetrics;
  bodyLimitBytes: number;
}

const STAGE = "receive_pushgateway";
const URL_PREFIX = "/metrics/";

export async function registerPushgateway(app: FastifyInstance, parts: PushgatewayParts): Promise<void> {
  const { groups, bodyLimitBytes } = parts;
  const config = { scope: "ingest" as const, stage: STAGE, bodyLimitBytes };
  await app.register((scope, _options, done) => {
    // Snappy is a Content-Encoding here, which bodies elsewhere do not have.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (request: FastifyRequest, payload: Readable) =>
      readBody(request, payload, bodyLimitBytes),
    );
    scope.route({
      method: ["PUT", "POST"],
      url: `${URL_PREFIX}*`,
      config,
      handler: async (request, reply) => {
        await receive(request, parts);
        return reply.code(200).send();
      },
    });
    scope.delete(`${URL_PREFIX}*`, { config }, async (request, reply) => {
      await groups.delete(namespaceOf(request), readKey(request));
      return reply.code(202).send();
    });
    done();
  });
}

/** @throws HttpProblem 400, 413; what the intake and the store throw */
async function receive(request: FastifyRequest, parts: PushgatewayParts): Promise<void> {
  const begunAt = performance.now();
  const { groups, intake, clock, selfMetrics } = parts;
  const labels = readKey(request);
  const namespace = namespaceOf(request);
  const at = clock.now();
  try {
    const families = readFamilies(request);
    const events = eventsOfPush({ namespace, labels, families, at });
    // What a run counted enters the server's own series with the run.
    const kept = events.length === 0 ? families : families.filter((family) => !isOfRun(family));
    const push = { namespace, labels, families: kept, replacesAll: request.method === "PUT", at };
    await groups.push(push);
    if (events.length > 0) await intake.submit({ ...EMPTY_BATCH, events, sizeBytes: bodySize(request) });
    selfMetrics.stage(STAGE).done(performance.now() - begunAt, families.length);
  } catch (error) {
    throw error instanceof PushError ? refused(error) : error;
  }
}

/** What the sender says of the format counts, as there: anything that is not the protobuf is text. */
function readFamilies(request: FastifyRequest): PushedFamily[] {
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
  const type = request.headers["content-type"] ?? "";
  const isProtobuf =
    /^application\/vnd\.google\.protobuf\b/.test(type) &&
    /proto=io\.prometheus\.client\.MetricFamily/.test(type) &&
    /encoding=delimited/.test(type);
  return isProtobuf ? readProtobuf(body) : readText(Buffer.from(body).toString("utf8"));
}

async function readBody(request: FastifyRequest, payload: Readable, limitBytes: number): Promise<Uint8Array> {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  const limits = { maxReceivedBytes: limitBytes, maxDecompressedBytes: limitBytes };
  try {
    const isSnappy = encoding === "snappy";
    const body = await decompressBody(payload, isSnappy ? undefined : encoding, limits);
    return isSnappy ? readSnappyBlock(body, limitBytes) : body;
  } catch (error) {
    payload.resume();
    if (error instanceof BodyTooLargeError || error instanceof SnappyTooLargeError)
      throw new HttpProblem(413, "body_too_large", "The body is too large", error.message, { cause: error });
    if (error instanceof CorruptBodyError || error instanceof CorruptSnappyError)
      throw new HttpProblem(400, "corrupt_body", "The body cannot be decompressed", error.message, {
        cause: error,
      });
    throw error;
  }
}

/** From the address as it was sent: a value may hold an encoded character that a router would decode. */
function readKey(request: FastifyRequest): Readonly<Record<string, string>> {
  const [path = ""] = (request.raw.url ?? "").split("?", 1);
  try {
    return readGroupingKey(path.slice(URL_PREFIX.length));
  } catch (error) {
    throw error instanceof PushError ? refused(error) : error;
  }
}

function namespaceOf(request: FastifyRequest): string {
  return request.principal.namespace ?? "default";
}

function bodySize(request: FastifyRequest): number {
  return request.body instanceof Uint8Array ? request.body.length : 0;
}

function refused(error: PushError): HttpProblem {
  return new HttpProblem(400, "push_refused", "The push was refused", error.message, { cause: error });
}
