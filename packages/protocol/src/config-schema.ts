/**
 * The server's configuration: one schema for the file (YAML), the environment (`BATCHWATCH_…`) and flags.
 * Every option has its default here. Unknown keys are refused. Reading and precedence: the server's config/.
 */
import { z } from "zod";
import { httpUrl } from "./channels/channel-options.ts";
import { receiverSchema, SECRET_CHANNEL_OPTIONS } from "./channels/channel-registry.ts";
import { type DurationReading, durationText, readDuration } from "./duration.ts";
import { SEVERITIES } from "./job-settings.ts";
import { unknownFactTypes } from "./job-settings-at-odds.ts";

const port = z.number().int().min(0).max(65_535).describe("0 = any free port");
const host = z.string().min(1).max(253);

const durationInput = z.union([z.string(), z.number()], {
  error: 'must be a length of time such as "90s" or "1h 30m"',
});

/** A length of time, in milliseconds once read. */
const duration = (usual: string, words: string, atLeastMs = 0) =>
  durationInput
    .default(usual)
    .transform((value, context) => {
      const read: DurationReading = readDuration(value);
      if (read.ok && read.ms >= atLeastMs) return read.ms;
      context.addIssue({
        code: "custom",
        message: read.ok ? `must be at least ${durationText(atLeastMs)}` : read.why,
      });
      return z.NEVER;
    })
    .describe(words);

/** The same, or null (`usual` can be null). */
const optionalDuration = (usual: string | null, words: string) =>
  durationInput
    .nullable()
    .default(usual)
    .transform((value, context) => {
      if (value === null) return null;
      const read: DurationReading = readDuration(value);
      if (read.ok) return read.ms;
      context.addIssue({ code: "custom", message: read.why });
      return z.NEVER;
    })
    .describe(words);

const UNIT_BYTES: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes: a number, or text with a unit ("64MiB", "10 kB"; units count 1024). */
const bytes = (usual: number, words: string, atLeast = 1) =>
  z
    .union([z.string(), z.number()], { error: 'must be a size such as 1048576 or "64MiB"' })
    .default(usual)
    .transform((value, context) => {
      const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(String(value).trim());
      const size =
        match === null ? Number.NaN : Number(match[1]) * (UNIT_BYTES[match[2]?.toLowerCase() ?? ""] ?? 1);
      if (Number.isFinite(size) && size >= atLeast) return Math.round(size);
      context.addIssue({
        code: "custom",
        message: `must be a size of at least ${atLeast} bytes, such as 1048576 or "64MiB"`,
      });
      return z.NEVER;
    })
    .describe(words);

const httpSchema = z.strictObject({
  host: host.default("127.0.0.1").describe("address to listen on; any but loopback needs a key to exist"),
  port: port.default(4318),
  publicUrl: z
    .url({
      protocol: /^https?$/,
      error: "must be an http(s) address, such as https://batchwatch.example.com",
    })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe("where people and receivers reach this server; default: the address it listens on"),
  tls: z
    .strictObject({
      certFile: z.string().min(1).describe("PEM, with the chain"),
      keyFile: z.string().min(1).describe("PEM"),
    })
    .optional()
    .describe("serve HTTPS, and TLS on the gRPC port"),
  allowedHosts: z
    .array(host)
    .default([])
    .describe("further names by which browsers on this machine may call a server that needs no key"),
  allowedOrigins: z
    .array(z.string().min(1))
    .default([])
    .describe("pages of other origins that may send (CORS), e.g. https://app.example"),
});

export const configSchema = z
  .strictObject({
    dataDir: z.string().min(1).default("./data").describe("holds the database files; one server at a time"),
    http: httpSchema.prefault({}),
    grpc: z
      .strictObject({
        enabled: z.boolean().default(true),
        host: host.default("127.0.0.1"),
        port: port.default(4317),
      })
      .prefault({}),
    auth: z
      .strictObject({
        onLoopback: z
          .boolean()
          .default(false)
          .describe("ask for a key on loopback too; on any other address one is always asked for"),
      })
      .prefault({}),
    storage: z
      .strictObject({
        url: z
          .string()
          .regex(/^postgres(ql)?:\/\//, { error: 'must begin with "postgres://"' })
          .optional()
          .describe("PostgreSQL for the ledger; default: SQLite in dataDir. Secret"),
      })
      .prefault({}),
    jobs: z
      .strictObject({
        files: z.array(z.string().min(1)).default([]).describe("YAML files of declared jobs; globs"),
        reloadInterval: duration("5s", "how often to look whether a file changed", 100),
      })
      .prefault({}),
    rules: z
      .strictObject({
        files: z
          .array(z.string().min(1))
          .default([])
          .describe("Prometheus rule files, evaluated against the stored samples; globs"),
        evaluationInterval: duration("1m", "how often a group is evaluated that states no interval", 1000),
        reloadInterval: duration("5s", "how often to look whether a file changed", 100),
        externalLabels: z
          .record(z.string(), z.string())
          .default({})
          .describe("what $externalLabels gives in templates of rules"),
      })
      .prefault({}),
    dashboards: z
      .strictObject({
        files: z
          .array(z.string().min(1))
          .optional()
          .describe(
            "dashboards in YAML, beside the shipped ones; globs. Default: dashboards/*.yaml beside the configuration file and in dataDir",
          ),
        reloadInterval: duration("5s", "how often to look whether a file changed", 100),
      })
      .prefault({}),
    receivers: z.array(receiverSchema).default([]),
    alerts: z
      .strictObject({
        receiver: z.string().optional().describe("the receiver that alerts go to; default: all of them"),
        watchdog: z
          .string()
          .optional()
          .describe('the receiver at which the alert "Watchdog" always fires; default: none'),
        alertmanagerFile: z
          .string()
          .min(1)
          .optional()
          .describe(
            "routes, receivers and inhibition as an Alertmanager configuration file; instead of receivers",
          ),
        reloadInterval: duration("5s", "how often to look whether that file changed", 100),
        maxPagesPerMinute: z
          .number()
          .int()
          .min(1)
          .nullable()
          .default(20)
          .describe("what goes to a receiver beyond this becomes one digest; null = no limit"),
      })
      .prefault({}),
    ping: z
      .strictObject({
        bodyLimitBytes: bytes(
          100_000,
          "how much of a ping's body is kept; the rest is cut from its middle",
          0,
        ),
        createJobs: z
          .boolean()
          .default(true)
          .describe("a ping by an unknown name makes its job; false: only with create=1"),
      })
      .prefault({}),
    events: z
      .strictObject({
        maxPerRequest: z.number().int().min(1).max(100_000).default(10_000),
        bodyLimitBytes: bytes(16 * 1024 ** 2, "after decompression", 1024),
      })
      .prefault({}),
    otlp: z
      .strictObject({ bodyLimitBytes: bytes(64 * 1024 ** 2, "before and after decompression", 1024) })
      .prefault({}),
    pushgateway: z
      .strictObject({
        expireAfter: optionalDuration(
          null,
          "a pushed group that got no push for so long is dropped; null = never, as with a Pushgateway",
        ),
        bodyLimitBytes: bytes(16 * 1024 ** 2, "before and after decompression", 1024),
      })
      .prefault({}),
    intake: z
      .strictObject({
        maxPendingBytes: bytes(
          128 * 1024 ** 2,
          "what may wait for its commit; above it senders get 503",
          1024 ** 2,
        ),
      })
      .prefault({}),
    remoteWrite: z
      .strictObject({ bodyLimitBytes: bytes(32 * 1024 ** 2, "before and after decompression", 1024) })
      .prefault({}),
    metrics: z
      .strictObject({
        maxSeries: z
          .number()
          .int()
          .min(1000)
          .default(1_000_000)
          .describe("series that may exist at a time; samples of new ones beyond it are refused"),
        maxSeriesPerNamespace: z
          .number()
          .int()
          .min(1000)
          .default(250_000)
          .describe("the same for what the keys of one namespace send"),
        maxDiskBytes: bytes(
          64 * 1024 ** 3,
          "what samples may take on disk; beyond it the oldest go before their age",
          16 * 1024 ** 2,
        ),
        queryThreads: z.number().int().min(1).max(64).default(2).describe("queries that run at a time"),
      })
      .prefault({}),
    retention: z
      .strictObject({
        runs: optionalDuration("400d", "runs with their events; null = for ever"),
        heartbeats: optionalDuration("14d", "heartbeats of ended runs; null = for ever"),
        spans: optionalDuration("30d", "spans; null = for ever"),
        logs: optionalDuration("30d", "log records and output; null = for ever"),
        incidents: optionalDuration("400d", "resolved incidents; null = for ever"),
        slots: optionalDuration("400d", "past slots; null = for ever"),
        metricStreams: optionalDuration("30d", "last values of exported counters; null = for ever"),
        samples: optionalDuration("90d", "metric samples; null = for ever"),
      })
      .prefault({}),
    watch: z
      .strictObject({
        catchUpGrace: duration("60s", "after a start, judgement waits so that spools can drain"),
        liveHorizon: duration(
          "1h",
          "older than this when its data arrives, a deadline notifies nobody",
          1000,
        ),
        lostSettle: optionalDuration(
          null,
          "from suspect (silent) to lost; default: the run's heartbeat limit again, at least 60 s",
        ),
        observeOnly: z
          .boolean()
          .default(false)
          .describe("judge, record and open incidents for every job, and notify nobody"),
        severity: z
          .record(z.string(), z.enum(SEVERITIES))
          .superRefine((severity, context) => {
            for (const { type, message } of unknownFactTypes(severity))
              context.addIssue({ code: "custom", path: [type], message });
          })
          .default({})
          .describe("severity by violation or detection type, where a job says none: { too_fast: info }"),
      })
      .prefault({}),
    watchdog: z
      .strictObject({
        pingUrl: httpUrl()
          .optional()
          .describe("asked (GET) while deadlines, ledger and outbox work; somebody else misses it. Secret"),
        interval: duration("1m", "how often a sign of life is given", 1000),
      })
      .prefault({}),
    log: z
      .strictObject({
        level: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
        format: z
          .enum(["auto", "json", "text"])
          .default("auto")
          .describe("auto: text on a terminal, else JSON"),
      })
      .prefault({}),
  })
  .superRefine((config, context) => {
    for (const { path, message } of configAtOdds(config))
      context.addIssue({ code: "custom", path: [...path], message });
  });

/** Options that are each right and do not go together; also of a configuration that is otherwise wrong. */
export function configAtOdds(config: unknown): { path: (string | number)[]; message: string }[] {
  const { receivers, alerts } = (config ?? {}) as {
    receivers?: unknown;
    alerts?: { receiver?: unknown; watchdog?: unknown; alertmanagerFile?: unknown };
  };
  const names = (Array.isArray(receivers) ? receivers : []).map(
    (receiver: { name?: unknown } | null) => receiver?.name,
  );
  const problems: ReturnType<typeof configAtOdds> = names.flatMap((name, index) =>
    typeof name === "string" && names.indexOf(name) !== index
      ? [
          {
            path: ["receivers", index, "name"],
            message: `"${name}" is the name of another receiver already`,
          },
        ]
      : [],
  );
  const known = [...new Set(names.filter((name) => typeof name === "string"))];
  for (const [option, isGiven] of [
    ["receivers", names.length > 0],
    ["alerts.receiver", alerts?.receiver !== undefined],
  ] as const)
    if (alerts?.alertmanagerFile !== undefined && isGiven)
      problems.push({
        path: option.split("."),
        message:
          "cannot go with alerts.alertmanagerFile, which has receivers of its own; leave one of them out",
      });
  for (const option of ["receiver", "watchdog"] as const) {
    const chosen = alerts?.[option];
    // The receivers of an Alertmanager file are known only when it is read.
    if (option === "watchdog" && alerts?.alertmanagerFile !== undefined) continue;
    if (typeof chosen === "string" && !names.includes(chosen))
      problems.push({
        path: ["alerts", option],
        message: `names "${chosen}", which is not in "receivers"${known.length === 0 ? "" : ` (${known.join(", ")})`}`,
      });
  }
  return problems;
}

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;

/** Options that are never shown, as paths; `*` = any item. */
export const SECRET_OPTIONS: readonly string[] = [
  "storage.url",
  "watchdog.pingUrl",
  ...SECRET_CHANNEL_OPTIONS.map((option) => `receivers.*.${option}`),
];
