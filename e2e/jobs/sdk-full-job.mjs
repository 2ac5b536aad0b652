// Two runs, one good and one that fails, with nothing but the stock OpenTelemetry SDK and the names of the guide: traces, metrics and
// logs. Configured by OTEL_* alone.
import { logs, metrics, SeverityNumber, SpanStatusCode, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK();
sdk.start();

const jobName = "sdk_etl";
const job = { job_name: jobName, job_type: "etl" };
const tracer = trace.getTracer("batch_monitoring");
const logger = logs.getLogger("batch_jobs");
const meter = metrics.getMeter("batch_monitoring");
const running = meter.createUpDownCounter("batch_jobs_running");
const completions = meter.createCounter("batch_job_completions_total");
const duration = meter.createHistogram("batch_job_duration_seconds", { unit: "s" });
const execution = meter.createHistogram("batch_job_execution_seconds", { unit: "s" });
const queueWait = meter.createHistogram("batch_job_queue_wait_seconds", { unit: "s" });
const processed = meter.createCounter("batch_job_records_processed_total");
const heartbeat = meter.createGauge("batch_job_heartbeat");

async function run(runId, queuedSeconds, failsWith) {
  await tracer.startActiveSpan(`batch_job.${jobName}`, async (span) => {
    const startedAt = Date.now();
    span.setAttributes({
      "batch.job.name": jobName,
      "batch.job.id": runId,
      "batch.job.type": "etl",
      "batch.job.owner": "data",
    });
    running.add(1, job);
    heartbeat.record(Date.now() / 1000, { job_id: runId, job_name: jobName });
    say(SeverityNumber.INFO, "INFO", `Job ${jobName} started`, runId);
    await step("extract", { "batch.records.extracted": 120 });
    await step("transform", { "batch.records.transformed": 118, "batch.records.transform_errors": 2 });
    try {
      await step("load", { "batch.records.loaded": 118 }, failsWith);
      processed.add(118, { job_name: jobName, status: "success" });
      span.setAttribute("batch.total_records_processed", 118);
      span.setStatus({ code: SpanStatusCode.OK });
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      say(SeverityNumber.ERROR, "ERROR", `Job ${jobName} failed: ${error.message}`, runId);
    }
    const seconds = (Date.now() - startedAt) / 1000;
    const status = failsWith === undefined ? "success" : "failure";
    running.add(-1, job);
    duration.record(seconds + queuedSeconds, { ...job, status });
    execution.record(seconds, { job_name: jobName });
    queueWait.record(queuedSeconds, { job_name: jobName });
    completions.add(1, { ...job, status, error_type: failsWith === undefined ? "" : "TypeError" });
    span.end();
  });
}

async function step(name, attributes, failsWith) {
  await tracer.startActiveSpan(`batch_step.${name}`, async (span) => {
    span.setAttribute("batch.step.name", name);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (failsWith === undefined) span.setAttributes(attributes);
    else {
      span.recordException(failsWith);
      span.setStatus({ code: SpanStatusCode.ERROR, message: failsWith.message });
    }
    span.end();
    if (failsWith !== undefined) throw failsWith;
  });
}

function say(severityNumber, severityText, body, runId) {
  logger.emit({ severityNumber, severityText, body, attributes: { job_id: runId, job_name: jobName } });
}

await run("good", 3);
await run("bad", 0, new TypeError("column 7 is no number"));
await sdk.shutdown();
