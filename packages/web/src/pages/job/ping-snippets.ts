/** The lines by which a job's runs are sent, with the job's own names in them. Pure. */

export const SNIPPET_KINDS = ["curl", "exec", "otel"] as const;
export type SnippetKind = (typeof SNIPPET_KINDS)[number];

export interface Snippet {
  words: string;
  code: string;
}

interface PingedJob {
  namespace: string;
  environment: string;
  jobName: string;
  jobType: string | null;
  pingUrl: string;
}

export function pingSnippets(job: PingedJob, httpUrl: string): Record<SnippetKind, Snippet> {
  const server = httpUrl.replace(/\/$/, "");
  return {
    curl: {
      words: "Start, end, and a failure with the exit code. /fail and /log take a body.",
      code: [
        `curl -fsS ${shellWord(`${job.pingUrl}/start`)}`,
        `./the_job.sh`,
        // The exit status must be in the address unquoted, so that the shell puts it there.
        `curl -fsS ${shellWord(`${job.pingUrl}/`)}$?`,
      ].join("\n"),
    },
    exec: {
      words: "Put it in front of the command, in the crontab or in a script. The exit code stays the same.",
      code: ["npx batchwatch exec", ...execFlags(job), "-- ./the_job.sh"].join(" "),
    },
    otel: {
      words: "Any OpenTelemetry SDK. The root span of a run carries these names; its children are the steps.",
      code: [
        `export OTEL_EXPORTER_OTLP_ENDPOINT=${shellWord(server)}`,
        ...(job.environment === ""
          ? []
          : [
              `export OTEL_RESOURCE_ATTRIBUTES=${shellWord(`deployment.environment.name=${job.environment}`)}`,
            ]),
        "",
        `tracer.startActiveSpan(${JSON.stringify(`batch_job.${job.jobName}`)}, {`,
        "  attributes: {",
        `    "batch.job.name": ${JSON.stringify(job.jobName)},`,
        `    "batch.job.id": runId,`,
        ...(job.jobType === null ? [] : [`    "batch.job.type": ${JSON.stringify(job.jobType)},`]),
        ...(job.namespace === "default" ? [] : [`    "batch.namespace": ${JSON.stringify(job.namespace)},`]),
        "  },",
        "}, async (span) => { /* steps: batch_step.<name> */ span.end(); });",
      ].join("\n"),
    },
  };
}

function execFlags(job: PingedJob): string[] {
  const flags = [`--job ${shellWord(job.jobName)}`];
  if (job.namespace !== "default") flags.push(`--namespace ${shellWord(job.namespace)}`);
  if (job.environment !== "") flags.push(`--env ${shellWord(job.environment)}`);
  return flags;
}

/** Quotes what a shell would take apart. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
