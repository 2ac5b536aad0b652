/** The server's own log, on standard error: JSON lines, or one readable line each on a terminal. */
import type { Config } from "@batchwatch/protocol";
import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";

const STDERR = 2;

export function createLogger(
  options: Config["log"],
  destination: DestinationStream = pino.destination({ fd: STDERR, sync: true }),
): Logger {
  const asText = options.format === "text" || (options.format === "auto" && process.stderr.isTTY === true);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Our errors tell their cause in their own message; pino's usual way would append it once more.
      serializers: { err: stdSerializers.errWithCause },
      redact: { paths: ["*.headers.authorization", "*.headers['x-api-key']", "*.secret"], censor: "(set)" },
    },
    asText ? { write: (line: string) => destination.write(readable(line)) } : destination,
  );
}

/** `02:00:00.123 WARN  a delivery failed receiver=ops error="…"` */
function readable(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const fields = Object.entries(rest).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const clock = String(time).slice(11, 23);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(msg ?? "")}${fields.join("")}${stackText(err)}\n`;
}

/** On the lines below, each cause below what it caused. */
function stackText(err: unknown): string {
  if (typeof err !== "object" || err === null || !("stack" in err)) return "";
  const cause = "cause" in err ? stackText(err.cause).replace(/^\n/, "\ncaused by: ") : "";
  return `\n${String(err.stack)}${cause}`;
}
