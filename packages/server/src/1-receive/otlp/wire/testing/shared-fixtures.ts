/** The fixture collection that lies beside the repository (not in it): tests that need it skip where it is absent. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { OtlpSignal } from "../otlp-types.ts";

const repositoryRoot = join(import.meta.dirname, "../../../../../../..");
const sharedFolder = process.env.BATCHWATCH_SHARED ?? join(repositoryRoot, "../shared");

export const otlpFixtures = join(sharedFolder, "fixtures/otlp");
export const hasOtlpFixtures = existsSync(otlpFixtures);
export const FIXTURES_MISSING = `no fixtures at ${otlpFixtures}; set BATCHWATCH_SHARED to the folder that holds them`;

export interface CapturedRequest {
  readonly capture: string;
  readonly file: string;
  readonly signal: OtlpSignal;
  readonly json: Buffer;
  /** The body as it was sent, decompressed; only some were kept. */
  readonly raw: Buffer | null;
  readonly contentType: string | undefined;
}

interface Manifest {
  readonly requests: readonly {
    readonly signal: OtlpSignal;
    readonly json: string;
    readonly raw?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }[];
}

export function readCaptures(): readonly CapturedRequest[] {
  if (!hasOtlpFixtures) return [];
  const captures = join(otlpFixtures, "captures");
  return readdirSync(captures).flatMap((capture) => {
    const folder = join(captures, capture);
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;
    return manifest.requests.map(({ signal, json, raw, headers }) => ({
      capture,
      file: raw ?? json,
      signal,
      json: readFileSync(join(folder, json)),
      raw: raw === undefined ? null : readBody(join(folder, raw)),
      contentType: headers?.["content-type"],
    }));
  });
}

function readBody(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}
