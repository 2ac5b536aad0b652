// A job with nothing but the stock OpenTelemetry SDK and the names of the guide. Configured by OTEL_* alone.
// Usage: sdk-job.mjs RUNS|stall   (process.env.JOB_NAME)
import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter(),
  metricReaders: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      exportIntervalMillis: 300,
      exportTimeoutMillis: 300,
    }),
  ],
});
sdk.start();

const jobName = process.env.JOB_NAME;
const tracer = trace.getTracer("batch_monitoring");
const heartbeat = metrics.getMeter("batch_monitoring").createGauge("batch_job_heartbeat");

async function run(runId, stalls) {
  await tracer.startActiveSpan(`batch_job.${jobName}`, async (span) => {
    span.setAttributes({ "batch.job.name": jobName, "batch.job.id": runId, "batch.job.type": "etl" });
    const beat = () => heartbeat.record(Date.now() / 1000, { job_id: runId, job_name: jobName });
    beat();
    if (stalls) {
      setInterval(beat, 100);
      setTimeout(() => console.log("beating"), 1500);
      await new Promise(() => {});
    }
    await tracer.startActiveSpan("batch_step.extract", async (step) => {
      step.setAttributes({ "batch.step.name": "extract", "batch.records.processed": 10 });
      await new Promise((resolve) => setTimeout(resolve, 5));
      step.setStatus({ code: SpanStatusCode.OK }).end();
    });
    span.setAttribute("batch.total_records_processed", 10);
    span.setStatus({ code: SpanStatusCode.OK }).end();
  });
}

const [what = "1"] = process.argv.slice(2);
if (what === "stall") await run("stalling-run", true);
for (let index = 1; index <= Number(what); index += 1) await run(`clean-${index}`, false);
await sdk.shutdown();
