/**
 * OTLP/gRPC on its own port: the three Export methods, bytes in and bytes out (the wire layer decodes). Keys come as metadata:
 * `authorization: Bearer …` or `x-api-key`.
 */
import {
  status as grpcStatus,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  setLogger,
} from "@grpc/grpc-js";
import type { Logger } from "pino";
import { type AccessControl, demand, secretFromHeaders } from "../../access/access-control.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { failureOf } from "./otlp-failure.ts";
import type { ReceiveOtlp } from "./receive-otlp.ts";
import {
  encodeExportResponse,
  encodeStatusDetails,
  RPC_CODE,
  type RpcStatus,
} from "./wire/encode-response.ts";
import type { OtlpSignal } from "./wire/otlp-types.ts";

const METHODS: Readonly<Record<OtlpSignal, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

export interface OtlpGrpcParts {
  receive: ReceiveOtlp;
  access: AccessControl;
  log: Logger;
  selfMetrics: SelfMetrics;
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** PEM; null = plain text. */
  tls: { cert: Buffer; key: Buffer } | null;
  /** After decompression. */
  bodyLimitBytes: number;
}

export interface OtlpGrpcServer {
  port: number;
  /** Answers what is open, then stops; cuts off what is not done in time. */
  close(): Promise<void>;
}

/** How long open calls may take to end when the server stops. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The library's own words go to our log: on standard error they would stand before, and instead of, what it means. */
function quietLibrary(log: Logger): void {
  const tell = (message: string, ...more: unknown[]): void =>
    log.debug({ from: "grpc-js" }, [message, ...more].join(" "));
  setLogger({ error: tell, info: tell, debug: tell });
}

/** @throws the system's error (EADDRINUSE, EACCES) when the port cannot be had. */
export async function startOtlpGrpc(parts: OtlpGrpcParts): Promise<OtlpGrpcServer> {
  quietLibrary(parts.log);
  const server = new Server({
    "grpc.max_receive_message_length": parts.bodyLimitBytes,
    "grpc.max_send_message_length": parts.bodyLimitBytes,
  });
  for (const signal of Object.keys(METHODS) as OtlpSignal[])
    server.addService(serviceOf(signal), { export: exportCall(signal, parts) });
  const credentials =
    parts.tls === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: parts.tls.cert, private_key: parts.tls.key }]);
  const port = await bind(server, addressOf(parts.host, parts.port), credentials);
  return { port, close: () => close(server) };
}

function serviceOf(signal: OtlpSignal): ServiceDefinition {
  const bytes = (value: Buffer) => value;
  const method: MethodDefinition<Buffer, Buffer> = {
    path: METHODS[signal],
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  return { export: method };
}

function exportCall(signal: OtlpSignal, parts: OtlpGrpcParts): handleUnaryCall<Buffer, Buffer> {
  return (call, answer) => {
    receiveCall(signal, parts, call).then(
      (response) => answer(null, response),
      (error: unknown) => fail(error, parts, answer),
    );
  };
}

async function receiveCall(
  signal: OtlpSignal,
  { receive, access }: OtlpGrpcParts,
  call: ServerUnaryCall<Buffer, Buffer>,
): Promise<Buffer> {
  const principal = await access.authenticate(secretFromHeaders(textMetadata(call.metadata)));
  demand(principal, "ingest");
  const partial = await receive(signal, call.request, "protobuf", principal.namespace);
  return encodeExportResponse(signal, "protobuf", partial);
}

function textMetadata(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.getMap())) headers[name] = String(value);
  return headers;
}

function fail(error: unknown, { log, selfMetrics }: OtlpGrpcParts, answer: sendUnaryData<Buffer>): void {
  const known = failureOf(error);
  if (known === null) log.error({ err: error }, "an OTLP call failed");
  const status: RpcStatus = known?.status ?? {
    code: RPC_CODE.unavailable,
    message: "Something broke here; the server's log has it. Sending again may help.",
    retryDelayMs: 5_000,
  };
  const metadata = new Metadata();
  selfMetrics.stage("receive_otlp").failed(`grpc_${grpcStatus[codeOf(status)].toLowerCase()}`);
  metadata.set("grpc-status-details-bin", encodeStatusDetails(status));
  answer({ code: codeOf(status), details: status.message, metadata });
}

function codeOf({ code }: RpcStatus): grpcStatus {
  return code in grpcStatus ? (code as grpcStatus) : grpcStatus.UNKNOWN;
}

/** IPv6 addresses stand in brackets. */
function addressOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), CLOSE_TIMEOUT_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
