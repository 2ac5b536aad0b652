/** `batchwatch serve`: the server. Flags win over the environment, the environment over the configuration file. */
import { type Command, InvalidArgumentError } from "commander";

interface Address {
  host: string;
  port: number;
}

interface ServeFlags {
  dataDir?: string;
  http?: Address;
  grpc?: Address;
  config?: string;
}

export function registerServe(program: Command): void {
  program
    .command("serve")
    .description("run the server: web page, API, OTLP and pings")
    .option("--data-dir <dir>", "where the database is (default: ./data)")
    .option(
      "--http <host:port>",
      "web, API, OTLP/HTTP and pings (default: 127.0.0.1:4318); port 0 picks a free one",
      address,
    )
    .option("--grpc <host:port>", "OTLP/gRPC (default: 127.0.0.1:4317)", address)
    .option("--config <file>", "configuration (default: ./batchwatch.yaml where it exists)")
    .addHelpText(
      "after",
      `
  batchwatch serve --data-dir /var/lib/batchwatch
  batchwatch serve --http 0.0.0.0:4318 --config /etc/batchwatch.yaml     needs a key: batchwatch keys create`,
    )
    .action(async (flags: ServeFlags) => {
      const [{ loadConfig }, { runServer }] = await Promise.all([
        import("@batchwatch/server/config/load-config"),
        import("@batchwatch/server/run-server"),
      ]);
      const { config } = loadConfig({ file: flags.config, env: process.env, flags: configOf(flags) });
      process.exitCode = await runServer(config, (text) => process.stdout.write(text));
    });
}

function configOf({ dataDir, http, grpc }: ServeFlags) {
  return {
    ...(dataDir !== undefined && { dataDir }),
    ...(http !== undefined && { http }),
    ...(grpc !== undefined && { grpc }),
  };
}

/** "127.0.0.1:4318", "[::1]:4318", ":4318" and "4318" (both: loopback). */
function address(text: string): Address {
  const [, bracketed, plain, port = ""] = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535)
    throw new InvalidArgumentError("Write it as HOST:PORT, e.g. 127.0.0.1:4318");
  return { host: bracketed ?? (plain || "127.0.0.1"), port: Number(port) };
}
