/** What is printed when the server is up: where it is, and three ways to send a first run, to copy and paste. */

export interface StartupFacts {
  /** Where it listens. */
  httpUrl: string;
  /** Where jobs reach it: `http.publicUrl`, else `httpUrl`. */
  publicUrl: string;
  grpcAddress: string | null;
  dataDir: string;
  version: string;
  keyRequired: boolean;
}

export function startupText(facts: StartupFacts): string {
  const { httpUrl, publicUrl, grpcAddress, dataDir, version, keyRequired } = facts;
  const key = keyRequired ? "bw_…" : "local";
  const exportKey = keyRequired ? "BATCHWATCH_API_KEY=bw_… " : "";
  const otelHeaders = keyRequired ? "\n  export OTEL_EXPORTER_OTLP_HEADERS=x-api-key=bw_…" : "";
  return `Batchwatch ${version} is ready
  web, API, pings, OTLP/HTTP   ${publicUrl === httpUrl ? httpUrl : `${httpUrl}, reached at ${publicUrl}`}
  OTLP/gRPC                    ${grpcAddress ?? "off"}
  data                         ${dataDir}

Send a first run, whichever way fits:

  1. a ping
  curl -fsS ${publicUrl}/ping/${key}/daily_etl/start && sleep 3 && curl -fsS ${publicUrl}/ping/${key}/daily_etl

  2. around a command
  ${exportKey}BATCHWATCH_URL=${publicUrl} npx batchwatch exec --job daily_etl -- sh -c 'echo BATCHWATCH_RECORDS processed=120; sleep 3'

  3. from any OpenTelemetry SDK: a span named batch_job.daily_etl
  export OTEL_EXPORTER_OTLP_ENDPOINT=${publicUrl}${otelHeaders}

`;
}
