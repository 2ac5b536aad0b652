/**
 * Replays captured OTLP requests against a real server: over gRPC where the manifest says so, else over HTTP with the body and
 * headers that were kept, else as JSON. Answers the runs that came of it, once nothing is left to settle.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, credentials, Metadata, makeGenericClientConstructor } from "@grpc/grpc-js";
import { expect, vi } from "vitest";
import { SETTLE_METRICS } from "../../../2-record/metrics/settle-times.ts";
import type { Run } from "../../../model/run.ts";
import type { TestServer } from "../../../test-server.ts";
import type { OtlpSignal } from "../wire/otlp-types.ts";
import { hasOtlpFixtures, otlpFixtures } from "../wire/testing/shared-fixtures.ts";

export interface ReplayRequest {
  signal: OtlpSignal;
  body: Buffer;
  headers: Readonly<Record<string, string>>;
  /** The method, where it was sent over gRPC: the body is the message. */
  grpcPath: string | null;
}

export interface TrueStep {
  name: string;
  start: string;
  end: string;
  records: number;
  failed: number;
  error: string | null;
}

export interface TrueRun {
  job_name: string;
  job_id: string;
  job_type: string | null;
  start: string;
  end: string | null;
  status: "success" | "failed" | "lost";
  queue_wait_s?: number | null;
  execution_s?: number | null;
  records_processed?: number | null;
  records_failed?: number | null;
  error_type?: string | null;
  steps?: readonly TrueStep[] | null;
}

interface Manifest {
  transport?: string;
  requests: readonly {
    signal: OtlpSignal;
    json: string;
    raw?: string;
    path?: string;
    headers?: Readonly<Record<string, string>>;
  }[];
}

const capturesFolder = join(otlpFixtures, "captures");

export const hasCaptures = hasOtlpFixtures && existsSync(capturesFolder);

export function captureNames(): string[] {
  return hasCaptures ? readdirSync(capturesFolder) : [];
}

export function readCapture(name: string): { requests: ReplayRequest[]; truth: TrueRun[] } {
  const folder = join(capturesFolder, name);
  const { transport = "", requests } = readJson(join(folder, "manifest.json")) as Manifest;
  const isGrpc = transport.startsWith("gRPC");
  const { runs } = readJson(join(folder, "truth.json")) as { runs: TrueRun[] };
  return {
    truth: runs,
    requests: requests.map(({ signal, json, raw, path, headers }) => {
      const isRaw = raw !== undefined;
      return {
        signal,
        body: readFileSync(join(folder, raw ?? json)),
        headers: isRaw || path?.startsWith("/v1/") === true ? withoutEncoding(headers, isRaw) : JSON_BODY,
        grpcPath: isGrpc && isRaw ? (path ?? null) : null,
      };
    }),
  };
}

const JSON_BODY = { "content-type": "application/json" };

/** The JSON beside a compressed body is plain. */
function withoutEncoding(
  headers: Readonly<Record<string, string>> = JSON_BODY,
  isRaw: boolean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => isRaw || name.toLowerCase() !== "content-encoding"),
  );
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

export async function replay(server: TestServer, requests: readonly ReplayRequest[]): Promise<void> {
  const client = new AnyClient(server.grpcAddress ?? "", credentials.createInsecure());
  for (const request of requests) {
    if (request.grpcPath !== null) await callGrpc(client, request.grpcPath, request.body);
    else {
      const { status, text } = await server.request(`/v1/${request.signal}`, {
        method: "POST",
        headers: request.headers,
        body: new Uint8Array(request.body),
      });
      expect({ status, text }).toMatchObject({ status: 200 });
    }
  }
  client.close();
}

export const AnyClient = makeGenericClientConstructor({}, "any");

/** One unary call, bytes in and bytes out. */
export function callGrpc(
  client: Client,
  path: string,
  body: Buffer,
  metadata = new Metadata(),
): Promise<Buffer> {
  const bytes = (value: Buffer): Buffer => value;
  return new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(path, bytes, bytes, body, metadata, (error, answer) => {
      if (error !== null) reject(error);
      else resolve(answer ?? Buffer.alloc(0));
    });
  });
}

/** Every run of every job, by start, once nothing is left to settle soon. */
export async function settledRuns(server: TestServer): Promise<SettledRun[]> {
  const { store } = server;
  await vi.waitFor(
    async () => {
      const jobs = await store.listJobs({}, { limit: 1000, cursor: null });
      const looks = await store.deadlinesFor(jobs.items.map(({ id }) => `job:${id}`));
      const next = await Promise.all(jobs.items.map(({ id }) => store.nextEvidenceAt(id)));
      const soon = Date.now() + 5_000;
      for (const { kind, dueAt } of looks) if (kind === SETTLE_METRICS) expect(dueAt).toBeGreaterThan(soon);
      for (const at of next) expect(at ?? Number.POSITIVE_INFINITY).toBeGreaterThan(soon);
    },
    { timeout: 30_000, interval: 100 },
  );
  const jobs = await store.listJobs({}, { limit: 1000, cursor: null });
  const names = new Map(jobs.items.map((job) => [job.id, job.jobName]));
  const { items } = await store.listRuns({}, "startedAt", { limit: 1000, cursor: null });
  return items.map((run) => ({ ...run, jobName: names.get(run.jobId) ?? "" }));
}

export interface SettledRun extends Run {
  jobName: string;
}
