/** The three ways of sending a first run: the same lines as the server prints when it starts. Pure. */

export interface FirstRunWay {
  title: string;
  words: string;
  code: string;
}

export function firstRunWays(httpUrl: string, keyRequired: boolean): FirstRunWay[] {
  const server = httpUrl.replace(/\/$/, "");
  const pings = `${server}/ping/${keyRequired ? "bw_…" : "local"}/daily_etl`;
  const exportKey = keyRequired ? "BATCHWATCH_API_KEY=bw_… " : "";
  const otelHeaders = keyRequired ? "\nexport OTEL_EXPORTER_OTLP_HEADERS=x-api-key=bw_…" : "";
  return [
    {
      title: "A ping",
      words: "One line at the start and one at the end of any script.",
      code: `curl -fsS ${pings}/start && sleep 3 && curl -fsS ${pings}`,
    },
    {
      title: "Around a command",
      words: "Heartbeats, exit code, output, records and peak memory, without changing the job.",
      code: `${exportKey}BATCHWATCH_URL=${server} npx batchwatch exec --job daily_etl -- sh -c 'echo BATCHWATCH_RECORDS processed=120; sleep 3'`,
    },
    {
      title: "From any OpenTelemetry SDK: a span named batch_job.daily_etl",
      words:
        "With steps as child spans named batch_step.<step>. This line says where to, and sends nothing by itself.",
      code: `export OTEL_EXPORTER_OTLP_ENDPOINT=${server}${otelHeaders}`,
    },
  ];
}
