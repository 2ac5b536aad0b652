/**
 * `batchwatch serve` as a process: starts the server, says where it is, and ends it on signals. SIGTERM and SIGINT stop
 * it cleanly, a second one at once; SIGHUP reads jobs files and certificates again.
 */
import type { Config } from "@batchwatch/protocol";
import type { Logger } from "pino";
import { startupText } from "./6-serve/startup-text.ts";
import { describeConfig } from "./config/load-config.ts";
import { isEveryAddress } from "./lib/listen.ts";
import { type RunningServer, serve, VERSION } from "./main.ts";
import { createLogger } from "./self-monitoring/logger.ts";

/** A clean stop that takes longer than this is cut short. */
const STOP_TIMEOUT_MS = 30_000;

/**
 * Resolves with the exit code once the server has stopped.
 * @throws what `serve` throws; each of those says what to do.
 */
export async function runServer(config: Config, print: (text: string) => void): Promise<number> {
  const log = createLogger(config.log);
  log.debug({ config: describeConfig(config) }, "configuration");
  const server = await serve(config, { log });
  const { items } = await server.store.listRuns({}, "-startedAt", { limit: 1, cursor: null });
  print(
    startupText({
      ...server,
      dataDir: config.dataDir,
      version: VERSION,
      isNameGuessed: isEveryAddress(config.http.host) && config.http.publicUrl === undefined,
      hasRuns: items.length > 0,
    }),
  );
  log.info({ httpUrl: server.httpUrl, grpcAddress: server.grpcAddress }, "ready");
  return untilStopped(server, log);
}

function untilStopped(server: RunningServer, log: Logger): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) {
        log.warn({ signal }, "stopped at once; what was answered is stored");
        process.exit(1);
      }
      stopping = true;
      log.info({ signal }, "stopping: answering what is open");
      const timer = setTimeout(() => {
        log.error("the stop took too long and is cut short; what was answered is stored");
        process.exit(1);
      }, STOP_TIMEOUT_MS);
      server
        .close()
        .then(
          () => 0,
          (error: unknown) => {
            log.error({ err: error }, "not everything could be closed");
            return 1;
          },
        )
        .then((code) => {
          clearTimeout(timer);
          for (const name of ["SIGTERM", "SIGINT"] as const) process.off(name, stop);
          process.off("SIGHUP", reload);
          log.info("stopped");
          resolve(code);
        })
        .catch((error: unknown) => log.error({ err: error }, "the stop failed"));
    };
    const reload = (): void => {
      server.reload().then(
        () => log.info("jobs files and certificates were read again"),
        (error: unknown) => log.error({ err: error }, "reading again failed; the old state stays"),
      );
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    process.on("SIGHUP", reload);
  });
}
