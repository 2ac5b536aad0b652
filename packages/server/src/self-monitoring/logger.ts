/** The server's own log, on standard error: JSON lines, or one readable line each on a terminal. */
import type { Config } from "@batchwatch/protocol";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";

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
  const stack = typeof err === "object" && err !== null && "stack" in err ? `\n${String(err.stack)}` : "";
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${String(msg ?? "")}${fields.join("")}${stack}\n`;
}
