/** Where to export to, as the job says it and as the environment says it; a wrong option is said and left out. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readDuration } from "@batchwatch/protocol/duration";
import type { DurationInput } from "@batchwatch/protocol/job-settings";

export type OtlpProtocol = "http/protobuf" | "http/json";
export type OtlpSignal = "traces" | "metrics" | "logs";

export interface DestinationOptions {
  /**
   * Base address; `/v1/traces` and so on are added to it. Default: `BATCHWATCH_URL`, else `OTEL_EXPORTER_OTLP_ENDPOINT`, else
   * `http://127.0.0.1:4318`, which is a Batchwatch on this machine.
   */
  endpoint?: string;
  /** Sent as `x-api-key`. Default: `BATCHWATCH_API_KEY`. */
  apiKey?: string;
  /** Of each request, e.g. `{ "x-oneuptime-token": "…" }`. Default: `OTEL_EXPORTER_OTLP_HEADERS`. */
  headers?: Readonly<Record<string, string>>;
  /** Default: `OTEL_EXPORTER_OTLP_PROTOCOL` where it is one of these, else `http/protobuf`. Heartbeats always go as JSON, which every OTLP/HTTP receiver takes. */
  protocol?: OtlpProtocol;
  /** Default: all three. */
  signals?: readonly OtlpSignal[];
  /** PEM texts, or paths of PEM files; `ca` also by `OTEL_EXPORTER_OTLP_CERTIFICATE`. `insecure` takes any certificate: for tests. */
  tls?: { ca?: string; cert?: string; key?: string; insecure?: boolean };
}

export interface ExportOptions extends DestinationOptions {
  /** Several at once; each has its own queue. Default: the one that the options above say. */
  destinations?: readonly DestinationOptions[];
  /** Default: `OTEL_SERVICE_NAME`. */
  serviceName?: string;
  serviceNamespace?: string;
  /** `deployment.environment.name`: production, staging. */
  environment?: string;
  /** Further resource attributes. */
  attributes?: Readonly<Record<string, string | number | boolean>>;
  /** The longest that the end of the process waits for a slow receiver. Default 2 s. What is not sent by then is spooled. */
  exitTimeout?: DurationInput;
  /** Folder for what could not be sent, or false. Default: `BATCHWATCH_SPOOL_DIR`, else below the user's state directory. */
  spool?: string | false;
  /** How often metrics are exported while a run goes on. Default 15 s. */
  metricInterval?: DurationInput;
  /** Told of what is wrong. Default: `process.emitWarning`, which prints one line to standard error. */
  onWarning?: (message: string) => void;
}

/** Plain data: it is handed to the sending thread. */
export interface Destination {
  /** Without a slash at its end. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  protocol: OtlpProtocol;
  signals: readonly OtlpSignal[];
  tls: { ca?: string; cert?: string; key?: string; insecure?: boolean };
  /** Tells for whom a spooled body is, without holding the key. */
  fingerprint: string;
}

const LOCAL = "http://127.0.0.1:4318";
const SIGNALS: readonly OtlpSignal[] = ["traces", "metrics", "logs"];

export function destinationsOf(
  options: ExportOptions,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Destination[] {
  const given = options.destinations ?? [options];
  return given.flatMap((each) => {
    try {
      return [destinationOf(each, env)];
    } catch (error) {
      warn(`a destination is left out: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
}

function destinationOf(options: DestinationOptions, env: NodeJS.ProcessEnv): Destination {
  const isOurs = options.endpoint === undefined;
  const said = options.endpoint ?? (env.BATCHWATCH_URL || env.OTEL_EXPORTER_OTLP_ENDPOINT || LOCAL);
  if (!URL.canParse(said) || !/^https?:$/.test(new URL(said).protocol))
    throw new Error(`endpoint "${said}" is no address; write it like https://batchwatch.example:4318`);
  const protocol = options.protocol ?? protocolOf(env.OTEL_EXPORTER_OTLP_PROTOCOL) ?? "http/protobuf";
  if (protocol !== "http/protobuf" && protocol !== "http/json")
    throw new Error(`protocol "${String(protocol)}" is not known; use http/protobuf or http/json`);
  const endpoint = said.replace(/\/+$/, "");
  const apiKey = options.apiKey ?? (isOurs ? env.BATCHWATCH_API_KEY : undefined);
  const headers = {
    ...(isOurs ? headersOfText(env.OTEL_EXPORTER_OTLP_HEADERS) : {}),
    ...(apiKey ? { "x-api-key": apiKey } : {}),
    ...options.headers,
  };
  const { cert, key, insecure } = options.tls ?? {};
  const ca = options.tls?.ca ?? (isOurs ? env.OTEL_EXPORTER_OTLP_CERTIFICATE || undefined : undefined);
  return {
    endpoint,
    headers,
    protocol,
    signals: SIGNALS.filter((signal) => options.signals?.includes(signal) ?? true),
    tls: {
      ...(ca !== undefined && { ca: pem(ca) }),
      ...(cert !== undefined && { cert: pem(cert) }),
      ...(key !== undefined && { key: pem(key) }),
      ...(insecure === true && { insecure }),
    },
    fingerprint: createHash("sha256")
      .update(JSON.stringify([endpoint, Object.entries(headers).sort()]))
      .digest("hex")
      .slice(0, 16),
  };
}

function protocolOf(text: string | undefined): OtlpProtocol | null {
  return text === "http/json" || text === "http/protobuf" ? text : null;
}

/** `key=value,key=value`, percent-encoded (OpenTelemetry's environment variables). */
export function headersOfText(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? "").split(",")) {
    const at = pair.indexOf("=");
    if (at > 0) headers[pair.slice(0, at).trim()] = decoded(pair.slice(at + 1).trim());
  }
  return headers;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pem(textOrPath: string): string {
  return textOrPath.includes("-----BEGIN") ? textOrPath : readFileSync(textOrPath, "utf8");
}

/** Milliseconds, inside the bounds. */
export function durationOr(
  given: DurationInput | undefined,
  missingMs: number,
  bounds: { least: number; most: number },
  warn: (message: string) => void,
): number {
  if (given === undefined) return missingMs;
  const reading = readDuration(given);
  if (!reading.ok) warn(reading.why);
  return reading.ok ? Math.min(bounds.most, Math.max(bounds.least, reading.ms)) : missingMs;
}
