/**
 * The composition root. `serve` wires the stages top to bottom, in the order in which data passes them:
 * receive → record → watch → alert → notify → serve. `runServer` is `batchwatch serve`: it prints where the server is and
 * stops it on signals. Everything is given its parts here; nothing below looks anything up.
 */

import { hostname } from "node:os";
import { Server as TlsServer } from "node:tls";
import { type Config, formatDuration } from "@batchwatch/protocol";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { registerEvents } from "./1-receive/events/events-routes.ts";
import { startOtlpGrpc } from "./1-receive/otlp/otlp-grpc.ts";
import { registerOtlpHttp } from "./1-receive/otlp/otlp-http.ts";
import { createOtlpReceiver, type ReceiveOtlp } from "./1-receive/otlp/receive-otlp.ts";
import { createPingJobs } from "./1-receive/ping/ping-jobs.ts";
import { registerPings } from "./1-receive/ping/ping-routes.ts";
import { PushGroups } from "./1-receive/pushgateway/push-groups.ts";
import { createPushScrapes, scrapeDeadline } from "./1-receive/pushgateway/push-scrapes.ts";
import { registerPushgateway } from "./1-receive/pushgateway/pushgateway-routes.ts";
import { registerRemoteWrite } from "./1-receive/remote-write/remote-write-routes.ts";
import { createIntake } from "./2-record/intake.ts";
import { Ledger } from "./2-record/ledger/ledger.ts";
import { Meter } from "./2-record/meter/meter.ts";
import { createMetricSettling } from "./2-record/metrics/metric-settling.ts";
import { createMetricRecorder } from "./2-record/metrics/record-metrics.ts";
import { createRetention } from "./2-record/retention.ts";
import { createWatch, type Watch } from "./3-watch/create-watch.ts";
import { createRules, type Rules } from "./3-watch/rules/create-rules.ts";
import { createRuleAlerts } from "./4-alert/rule-alerts.ts";
import { createOutbox, type Outbox } from "./5-notify/outbox.ts";
import { createWatchdog, type Watchdog } from "./5-notify/watchdog.ts";
import { registerApi } from "./6-serve/api/register-api.ts";
import { type ReadinessPart, registerHealth } from "./6-serve/health.ts";
import { createHttpServer, readTlsFiles } from "./6-serve/http-server.ts";
import { registerMetricsEndpoint } from "./6-serve/metrics/metrics-endpoint.ts";
import { registerPrometheusApi } from "./6-serve/prometheus/register-prometheus.ts";
import { findWebDir, registerWebPages } from "./6-serve/web-pages.ts";
import { type AccessControl, createAccessControl } from "./access/access-control.ts";
import { isKeyRequired, refuseToStartWithoutKeys } from "./access/startup-check.ts";
import { createDashboardFiles, type DashboardFiles } from "./config/dashboard-files.ts";
import { createJobsFiles, type JobsFiles } from "./config/jobs-files.ts";
import { createNamesakeNotes } from "./config/namesake-notes.ts";
import { createRuleFiles, type RuleFiles } from "./config/rule-files.ts";
import { findShippedDir } from "./config/shipped-files.ts";
import { validateCron } from "./lib/calendar/cron-pattern.ts";
import { ChangeFeed } from "./lib/change-feed.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { hostPort, isAddressInfo, isEveryAddress, listenError } from "./lib/listen.ts";
import { EMPTY_BATCH, type Intake } from "./model/intake.ts";
import { createLogger } from "./self-monitoring/logger.ts";
import { SelfMetrics } from "./self-monitoring/self-metrics.ts";
import { lockDataDir } from "./storage/data-dir-lock.ts";
import { EMPTY_WATCH_COMMIT, type LedgerStore } from "./storage/ledger-store.ts";
import type { MetricStore } from "./storage/metric-store.ts";
import { createSqliteStorage } from "./storage/open-storage.ts";
import { type WiredAlerting, wireAlerting } from "./wire-alerting.ts";

export const VERSION: string = packageJson.version;

/** An engine that did not come round for this long is not ready. */
const ENGINE_STALLED_MS = 30_000;
/** Readiness writes to the disk at most this often, however many probes there are. */
const STORAGE_CHECK_MS = 2_000;

export interface ServeOptions {
  clock?: Clock;
  log?: Logger;
  /** Where the built page is; null = nowhere. Default: found beside the sources or the bundle. */
  webDir?: string | null;
}

export interface RunningServer {
  /** e.g. `http://127.0.0.1:4318`, with the port that was picked for 0. */
  httpUrl: string;
  /** `host:port`, null when gRPC is off. */
  grpcAddress: string | null;
  /** What the page and alerts name: `http.publicUrl`, else `httpUrl`. */
  publicUrl: string;
  keyRequired: boolean;
  /** For tests and tools inside this process. */
  store: LedgerStore;
  samples: MetricStore;
  /** Reads the jobs files and certificates again. */
  reload(): Promise<void>;
  /** Takes no more, answers what is open, commits it, and closes the data. Idempotent. */
  close(): Promise<void>;
}

type Closer = () => Promise<void> | void;

export class NotServableError extends Error {
  readonly code = "NOT_SERVABLE";
}

/**
 * Starts a server.
 * @throws DataDirInUseError, NoKeysError, ListenError, StorageError, TlsFilesError: each says what to do.
 */
export async function serve(config: Config, options: ServeOptions = {}): Promise<RunningServer> {
  if (config.storage.url !== undefined)
    throw new NotServableError(
      "storage.url: serving from PostgreSQL is not possible yet. Leave it out: the ledger is then SQLite in dataDir.",
    );
  const closers: Closer[] = [];
  const close = closeOnce(closers);
  try {
    return await start(config, options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** What every stage stands on. */
interface Ground {
  config: Config;
  clock: Clock;
  log: Logger;
  selfMetrics: SelfMetrics;
  feed: ChangeFeed;
  store: LedgerStore;
  samples: MetricStore;
  access: AccessControl;
  /** Known after listening. */
  address: { http: string; grpc: string | null };
  publicUrl: () => string;
  /** Called in reverse order. */
  closers: Closer[];
}

async function start(
  config: Config,
  options: ServeOptions,
  closers: Closer[],
  close: () => Promise<void>,
): Promise<RunningServer> {
  const ground = await openGround(config, options, closers);
  const { store, samples, address } = ground;
  const { intake, meter } = buildRecord(ground);
  const rules = buildRules(ground);
  const pushGroups = new PushGroups(store);
  const { watch, outbox, watchdog, alerting } = buildWatchAlertNotify(
    ground,
    intake,
    meter,
    rules,
    pushGroups,
  );
  const jobsFiles = buildJobsFiles(ground);
  const ruleFiles = buildRuleFiles(ground, rules);
  const dashboards = buildDashboardFiles(ground);
  const receiveOtlp = createOtlpReceiver({ intake, ...ground });
  const app = await buildHttp(ground, {
    intake,
    receiveOtlp,
    watch,
    outbox,
    jobsFiles,
    ruleFiles,
    rules,
    dashboards,
    meter,
    pushGroups,
    alerting,
    webDir: webDirOf(options),
  });

  const files = [alerting.file, jobsFiles, ruleFiles, dashboards];
  for (const each of files) await each.load();
  address.http = await listenHttp(app, config);
  address.grpc = await listenGrpc(ground, receiveOtlp);
  for (const each of files) each.start();
  await meter.start();
  await startScrapes(ground);
  await watch.start();
  outbox.start();
  await watchdog.start();

  return {
    httpUrl: address.http,
    grpcAddress: address.grpc,
    publicUrl: ground.publicUrl(),
    keyRequired: ground.access.required,
    store,
    samples,
    close,
    async reload() {
      reloadCertificates(app, config);
      for (const each of files) await each.load();
    },
  };
}

async function openGround(config: Config, options: ServeOptions, closers: Closer[]): Promise<Ground> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLogger(config.log);
  const lock = lockDataDir(config.dataDir);
  closers.push(() => lock.release());
  const { ledger: store, samples } = createSqliteStorage({
    dataDir: config.dataDir,
    metrics: {
      clock,
      limits: config.metrics,
      queries: { threads: config.metrics.queryThreads },
      onError: (error) => log.error({ err: error }, "Compacting samples failed; it will be tried again."),
    },
  });
  closers.push(
    () => store.close(),
    () => samples.close(),
  );
  await store.open();
  await samples.open();
  await refuseToStartWithoutKeys(config, store);
  const access = createAccessControl({ store, clock, log, required: isKeyRequired(config) });
  const address: Ground["address"] = { http: "", grpc: null };
  const publicUrl = (): string => config.http.publicUrl ?? address.http;
  const [selfMetrics, feed] = [new SelfMetrics(), new ChangeFeed()];
  return { config, clock, log, selfMetrics, feed, store, samples, access, address, publicUrl, closers };
}

/** Run events, spans, logs and samples become durable and then runs. */
function buildRecord(ground: Ground): { intake: Intake; meter: Meter } {
  const { config, store, samples, clock, closers } = ground;
  const metrics = createMetricRecorder(store, clock);
  const meter = new Meter({
    ...ground,
    told: metrics.running,
    options: { liveHorizonMs: config.watch.liveHorizon },
  });
  const intake = createIntake({
    ...ground,
    ledger: new Ledger(ground),
    metrics,
    maxPendingBytes: config.intake.maxPendingBytes,
  });
  const retention = createRetention({
    ...ground,
    ledger: store,
    samples,
    ages: config.retention,
    maxSampleBytes: config.metrics.maxDiskBytes,
  });
  retention.start();
  closers.push(
    () => intake.close(),
    () => retention.stop(),
  );
  return { intake, meter };
}

/** Deadlines are judged, judgements become incidents, incidents leave the house. */
function buildWatchAlertNotify(
  ground: Ground,
  intake: Intake,
  meter: Meter,
  rules: Rules,
  pushGroups: PushGroups,
): { watch: Watch; outbox: Outbox; watchdog: Watchdog; alerting: WiredAlerting } {
  const { config, selfMetrics, closers } = ground;
  const alerting = wireAlerting(ground);
  const watch = createWatch({
    ...ground,
    say: async (event) => {
      await intake.submit({ ...EMPTY_BATCH, events: [event] });
    },
    options: {
      catchUpGraceMs: config.watch.catchUpGrace,
      liveHorizonMs: config.watch.liveHorizon,
      lostSettleMs: config.watch.lostSettle,
      observeOnly: config.watch.observeOnly,
      severity: config.watch.severity,
    },
  });
  watch.engine.register(
    createMetricSettling({ ...ground, intake }),
    ...meter.handlers(),
    createPushScrapes({ groups: pushGroups, intake, expireAfterMs: config.pushgateway.expireAfter }),
    rules.handler,
    ...alerting.handlers,
  );
  const outbox = createOutbox({ ...ground, receivers: alerting.receivers });
  const watchdog = createWatchdog({
    ...ground,
    meter: selfMetrics.stage("notify"),
    outboxLastRoundAt: () => outbox.lastRoundAt(),
    receivers: alerting.receivers,
    pingUrl: config.watchdog.pingUrl ?? null,
    receiver: config.alerts.watchdog ?? null,
    intervalMs: config.watchdog.interval,
  });
  watch.engine.register(...watchdog.handlers);
  closers.push(
    () => watchdog.stop(),
    () => alerting.file.stop(),
    () => outbox.stop(),
    () => watch.stop(),
  );
  return { watch, outbox, watchdog, alerting };
}

function buildRules(ground: Ground): Rules {
  const { config, closers } = ground;
  const { evaluationInterval: defaultIntervalMs, externalLabels } = config.rules;
  const alerts = createRuleAlerts(ground);
  const rules: Rules = createRules({
    ...ground,
    defaultIntervalMs,
    externalLabels,
    changed: () => alerts.sync(rules.list()),
  });
  closers.push(() => rules.stop());
  return rules;
}

function buildRuleFiles({ config, log, closers }: Ground, rules: Rules): RuleFiles {
  const { files: patterns, reloadInterval: reloadIntervalMs } = config.rules;
  const ruleFiles = createRuleFiles({
    patterns,
    reloadIntervalMs,
    log,
    take: (groups) => rules.take(groups),
  });
  closers.push(() => ruleFiles.stop());
  return ruleFiles;
}

function buildJobsFiles(ground: Ground): JobsFiles {
  const { config, closers } = ground;
  const { files: patterns, reloadInterval: reloadIntervalMs } = config.jobs;
  const jobsFiles = createJobsFiles({ ...ground, patterns, reloadIntervalMs, checkCron: validateCron });
  const namesakeNotes = createNamesakeNotes(ground);
  closers.push(
    () => jobsFiles.stop(),
    () => namesakeNotes.stop(),
  );
  return jobsFiles;
}

function buildDashboardFiles({ config, log, closers }: Ground): DashboardFiles {
  const { files: patterns = [], reloadInterval: reloadIntervalMs } = config.dashboards;
  const dashboards = createDashboardFiles({
    patterns,
    shippedDir: findShippedDir("dashboards"),
    reloadIntervalMs,
    log,
  });
  closers.push(() => dashboards.stop());
  return dashboards;
}

/** Pushed groups are scraped from now on; the row is there already after the first start. */
async function startScrapes({ store, clock }: Ground): Promise<void> {
  const first = { ...scrapeDeadline(clock.now()), keepEarlier: true };
  await store.commitWatch({ ...EMPTY_WATCH_COMMIT, setDeadlines: [first] });
}

interface HttpParts {
  intake: Intake;
  meter: Meter;
  pushGroups: PushGroups;
  receiveOtlp: ReceiveOtlp;
  watch: Watch;
  outbox: Outbox;
  jobsFiles: JobsFiles;
  ruleFiles: RuleFiles;
  rules: Rules;
  dashboards: DashboardFiles;
  alerting: WiredAlerting;
  webDir: string | null;
}

/** The doors: receivers first, then what reads. */
async function buildHttp(ground: Ground, parts: HttpParts): Promise<FastifyInstance> {
  const { config, store, samples, feed, clock, access, selfMetrics, closers } = ground;
  const { intake, watch, outbox, jobsFiles, dashboards } = parts;
  const app = createHttpServer({ ...ground, http: config.http });
  closers.push(() => app.close());

  const pingJobs = createPingJobs(store, feed);
  await registerPings(app, { ...ground, intake, jobs: pingJobs, checkCron: validateCron, ...config.ping });
  registerEvents(app, { ...ground, intake, checkCron: validateCron, ...config.events });
  await registerOtlpHttp(app, { receive: parts.receiveOtlp, ...config.otlp });
  await registerRemoteWrite(app, { ...ground, intake, ...config.remoteWrite });
  await registerPushgateway(app, {
    ...ground,
    intake,
    groups: parts.pushGroups,
    bodyLimitBytes: config.pushgateway.bodyLimitBytes,
  });

  await registerApi(app, {
    ...ground,
    meter: parts.meter,
    dashboards,
    version: VERSION,
    grpcAddress: () => ground.address.grpc,
    authRequired: access.required,
    alerting: parts.alerting.view,
    receivers: parts.alerting.receivers,
    receiverConfigured: config.receivers.length > 0 || config.alerts.alertmanagerFile !== undefined,
    retention: config.retention,
  });
  await registerPrometheusApi(app, {
    queries: samples,
    rules: parts.rules,
    clock,
    version: VERSION,
    stats: () => samples.stats(),
    evaluationIntervalText: formatDuration(config.rules.evaluationInterval),
  });
  const readiness: ReadinessPart[] = [
    { name: "storage", check: () => store.check().then(() => null), keepMs: STORAGE_CHECK_MS },
    { name: "watch", check: () => whyStalled(clock.now() - watch.engine.lastRoundAt()) },
    { name: "outbox", check: () => whyStalled(clock.now() - outbox.lastRoundAt()) },
    { name: "jobsFiles", check: () => jobsFiles.trouble(), advisory: true },
    { name: "ruleFiles", check: () => parts.ruleFiles.trouble(), advisory: true },
    { name: "alertmanagerFile", check: () => parts.alerting.file.trouble(), advisory: true },
    { name: "dashboards", check: () => dashboards.trouble(), advisory: true },
  ];
  registerHealth(app, access, readiness, clock);
  registerMetricsEndpoint(app, { meter: parts.meter, selfMetrics });
  registerWebPages(app, parts.webDir);
  return app;
}

function webDirOf({ webDir }: ServeOptions): string | null {
  return webDir === undefined ? findWebDir() : webDir;
}

function whyStalled(sinceMs: number): string | null {
  return sinceMs > ENGINE_STALLED_MS ? `has not come round for ${formatDuration(sinceMs)}` : null;
}

async function listenHttp(app: FastifyInstance, { http }: Config): Promise<string> {
  try {
    await app.listen({ host: http.host, port: http.port });
  } catch (error) {
    throw listenError(error, http, "--http");
  }
  const bound = app.server.address();
  const port = isAddressInfo(bound) ? bound.port : http.port;
  return `${http.tls === undefined ? "http" : "https"}://${hostPort(reachableName(http.host), port)}`;
}

async function listenGrpc(ground: Ground, receive: ReceiveOtlp): Promise<string | null> {
  const { grpc, http, otlp } = ground.config;
  if (!grpc.enabled) return null;
  const tls = http.tls === undefined ? null : readTlsFiles(http.tls);
  try {
    const server = await startOtlpGrpc({
      ...ground,
      ...grpc,
      receive,
      tls,
      bodyLimitBytes: otlp.bodyLimitBytes,
    });
    ground.closers.push(() => server.close());
    return hostPort(reachableName(grpc.host), server.port);
  } catch (error) {
    throw listenError(error, grpc, "--grpc");
  }
}

function reachableName(host: string): string {
  return isEveryAddress(host) ? hostname() : host;
}

function reloadCertificates(app: FastifyInstance, { http }: Config): void {
  if (http.tls === undefined) return;
  const { server } = app as { server: unknown };
  if (server instanceof TlsServer) server.setSecureContext(readTlsFiles(http.tls));
}

/** The last opened is the first closed; one that fails does not keep the others open. */
function closeOnce(closers: readonly Closer[]): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= (async () => {
      const failures: unknown[] = [];
      for (const closer of closers.toReversed()) {
        try {
          await closer();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, "Not everything could be closed cleanly.");
    })();
    return closing;
  };
}
