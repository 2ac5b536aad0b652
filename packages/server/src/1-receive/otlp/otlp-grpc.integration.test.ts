/** OTLP/gRPC over real sockets, by the specification's obligations (INGEST 4.1). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compressionAlgorithms, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { pino } from "pino";
import { Reader } from "protobufjs/minimal.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IntakeOverloadedError } from "../../model/intake.ts";
import { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { startTestServer, type TestServer } from "../../test-server.ts";
import { startOtlpGrpc } from "./otlp-grpc.ts";
import { startLockedServer } from "./test-support/locked-server.ts";
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from "./test-support/loopback-certificate.ts";
import { AnyClient, callGrpc } from "./test-support/replay-captures.ts";
import { oneSpan, tracesProtobuf } from "./test-support/trace-requests.ts";

const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LIMIT_BYTES = 64 * 1024;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ otlp: { bodyLimitBytes: LIMIT_BYTES } });
});
afterAll(() => server.close());

async function send(
  body: Buffer,
  {
    to = server.grpcAddress ?? "",
    metadata = new Metadata(),
    channel = credentials.createInsecure(),
    options = {},
    path = TRACES,
  } = {},
): Promise<Buffer> {
  const client = new AnyClient(to, channel, options);
  try {
    return await callGrpc(client, path, body, metadata);
  } finally {
    client.close();
  }
}

async function refused(call: Promise<Buffer>): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error("The call was not refused.");
}

/** Type URLs of the details of a google.rpc.Status. */
function detailTypes(error: ServiceError): string[] {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const types: string[] = [];
  const reader = Reader.create(bytes as Buffer);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag !== 0x1a) {
      reader.skipType(tag & 7);
      continue;
    }
    const end = reader.uint32() + reader.pos;
    reader.uint32();
    types.push(reader.string().replace("type.googleapis.com/google.rpc.", ""));
    reader.pos = end;
  }
  return types;
}

async function runIds(of: TestServer = server): Promise<string[]> {
  const { items } = await of.store.listRuns({}, "startedAt", { limit: 100, cursor: null });
  return items.map(({ runId }) => runId);
}

describe("an export", () => {
  test.for([
    ["plain", {}],
    ["in gzip", { "grpc.default_compression_algorithm": compressionAlgorithms.gzip }],
    ["in deflate", { "grpc.default_compression_algorithm": compressionAlgorithms.deflate }],
  ] as const)("%s is stored and answered with an empty message", async ([name, options]) => {
    expect(await send(tracesProtobuf([oneSpan({ runId: name })]), { options })).toHaveLength(0);
    expect(await runIds()).toContain(name);
  });

  test("of nothing is a success, for each of the three services", async () => {
    for (const service of ["trace.v1.TraceService", "metrics.v1.MetricsService", "logs.v1.LogsService"])
      expect(
        await send(Buffer.alloc(0), { path: `/opentelemetry.proto.collector.${service}/Export` }),
      ).toHaveLength(0);
  });

  test("with an item that cannot be kept says how many, and why", async () => {
    const spans = [oneSpan({ runId: "good" }), oneSpan({ runId: "from 1970", startAt: 1000 })];
    const answer = (await send(tracesProtobuf(spans))).toString();
    expect(answer).toContain("before 2010");
    expect(await runIds()).toContain("good");
  });
});

describe("a refusal", () => {
  test("of what cannot be read is INVALID_ARGUMENT and names the field", async () => {
    const error = await refused(send(Buffer.from([0x0a, 0xff, 0x01])));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toContain("resourceSpans");
    expect(detailTypes(error)).toEqual(["BadRequest"]);
  });

  test.for([
    ["as received", {}],
    ["after decompression", { "grpc.default_compression_algorithm": compressionAlgorithms.gzip }],
  ] as const)("of what is too large %s is RESOURCE_EXHAUSTED without RetryInfo", async ([, options]) => {
    const error = await refused(send(Buffer.alloc(LIMIT_BYTES + 1), { options }));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get("grpc-status-details-bin")).toEqual([]);
  });

  test("of an unknown method is UNIMPLEMENTED", async () => {
    const path = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
    expect((await refused(send(Buffer.alloc(0), { path }))).code).toBe(status.UNIMPLEMENTED);
  });

  test("for load is UNAVAILABLE with RetryInfo", async () => {
    const busy = await startOtlpGrpc({
      selfMetrics: new SelfMetrics(),
      receive: () => Promise.reject(new IntakeOverloadedError(2)),
      access: { required: false, authenticate: async () => OPEN, recall: () => OPEN },
      log: pino({ level: "silent" }),
      host: "127.0.0.1",
      port: 0,
      tls: null,
      bodyLimitBytes: LIMIT_BYTES,
    });
    const error = await refused(send(Buffer.alloc(0), { to: `127.0.0.1:${busy.port}` }));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(detailTypes(error)).toEqual(["RetryInfo"]);
    await busy.close();
  });
});

const OPEN = { keyId: null, scope: "admin", namespace: null } as const;

test("keys come as metadata", async () => {
  const { server: locked, sendSecret, readSecret, close } = await startLockedServer();
  const to = locked.grpcAddress ?? "";
  const body = tracesProtobuf([oneSpan({ runId: "with a key" })]);
  expect((await refused(send(body, { to }))).code).toBe(status.UNAUTHENTICATED);
  const wrong = metadataOf("x-api-key", readSecret);
  expect((await refused(send(body, { to, metadata: wrong }))).code).toBe(status.PERMISSION_DENIED);
  await send(body, { to, metadata: metadataOf("authorization", `Bearer ${sendSecret}`) });
  expect(await runIds(locked)).toEqual(["with a key"]);
  const { items } = await locked.store.listJobs({}, { limit: 10, cursor: null });
  expect(items.map(({ namespace }) => namespace)).toEqual(["finance"]);
  await close();
});

test("TLS with the certificate of the HTTP port", async () => {
  const folder = mkdtempSync(join(tmpdir(), "batchwatch-tls-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(certFile, LOOPBACK_CERTIFICATE);
  writeFileSync(keyFile, LOOPBACK_KEY);
  const secured = await startTestServer({ http: { tls: { certFile, keyFile } } });
  const channel = credentials.createSsl(Buffer.from(LOOPBACK_CERTIFICATE));
  // A name: Node's TLS sends none for an address.
  const to = (secured.grpcAddress ?? "").replace("127.0.0.1", "localhost");
  await send(tracesProtobuf([oneSpan({ runId: "secured" })]), { to, channel });
  expect(await runIds(secured)).toEqual(["secured"]);
  await secured.close();
  rmSync(folder, { recursive: true, force: true });
});

function metadataOf(name: string, value: string): Metadata {
  const metadata = new Metadata();
  metadata.set(name, value);
  return metadata;
}
