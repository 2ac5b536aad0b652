/** What is printed when the server is up: where it is and, until there is a run, three ways to send one, to copy and paste. */

export interface StartupFacts {
  /** Where it listens. */
  httpUrl: string;
  /** Where jobs reach it: `http.publicUrl`, else `httpUrl`. */
  publicUrl: string;
  grpcAddress: string | null;
  dataDir: string;
  version: string;
  keyRequired: boolean;
  /** Listens on every address of the machine, and nobody said by which name it is reached. */
  isNameGuessed: boolean;
  /** Somebody has sent a run before. */
  hasRuns: boolean;
}

export function startupText(facts: StartupFacts): string {
  const { httpUrl, publicUrl, grpcAddress, dataDir, version } = facts;
  return `Batchwatch ${version} is ready
  web, API, pings, OTLP/HTTP   ${publicUrl === httpUrl ? httpUrl : `${httpUrl}, reached at ${publicUrl}`}
  OTLP/gRPC                    ${grpcAddress ?? "off"}
  data                         ${dataDir}
${facts.isNameGuessed ? GUESSED : ""}${facts.hasRuns ? "" : firstRunText(facts)}
`;
}

const GUESSED = `
That address is this machine's own name, which other hosts may not know: say the one by which they reach it as
http.publicUrl in batchwatch.yaml, or BATCHWATCH_HTTP_PUBLIC_URL. Links in alerts are made with it.
`;

function firstRunText({ publicUrl, keyRequired }: StartupFacts): string {
  const key = keyRequired ? "bw_…" : "local";
  const exportKey = keyRequired ? "BATCHWATCH_API_KEY=bw_… " : "";
  const otelHeaders = keyRequired ? "\n  export OTEL_EXPORTER_OTLP_HEADERS=x-api-key=bw_…" : "";
  const aboutKey = keyRequired ? " (for bw_… put a key: npx batchwatch keys create --scope ingest)" : "";
  return `
Send a first run, whichever way fits${aboutKey}:

  1. a ping
  curl -fsS ${publicUrl}/ping/${key}/daily_etl/start && sleep 3 && curl -fsS ${publicUrl}/ping/${key}/daily_etl

  2. around a command
  ${exportKey}BATCHWATCH_URL=${publicUrl} npx batchwatch exec --job daily_etl -- sh -c 'echo BATCHWATCH_RECORDS processed=120; sleep 3'

  3. from a program with an OpenTelemetry SDK that makes a span named batch_job.daily_etl. This line only says where it
     goes and sends nothing by itself; a whole program to run: docs/guide/getting-started.md
  export OTEL_EXPORTER_OTLP_ENDPOINT=${publicUrl}${otelHeaders}
`;
}
