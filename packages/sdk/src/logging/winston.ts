/** winston inside a run: run and trace ids on each line, and each line sent on as one of the run. Structural: no dependency. */
import { runLogFields } from "../current-run.ts";
import { plainText } from "../run/plain-values.ts";
import type { EmittedLine } from "../telemetry/emit-run-event.ts";
import { sendLine } from "./log-line.ts";

interface WinstonInfo {
  level: string;
  message: unknown;
  [key: string]: unknown;
}

export interface WinstonRunFormat {
  transform(info: WinstonInfo, options?: unknown): WinstonInfo;
}

const SEVERITIES: Readonly<Record<string, EmittedLine["severity"]>> = {
  emerg: "fatal",
  alert: "fatal",
  crit: "fatal",
  error: "error",
  warning: "warn",
  warn: "warn",
  notice: "info",
  info: "info",
  http: "info",
  verbose: "debug",
  debug: "debug",
  silly: "trace",
};

/** `createLogger({ format: format.combine(winstonRunFormat(), format.json()) })`; put it first, before colours are added. */
export function winstonRunFormat(): WinstonRunFormat {
  return {
    transform(info) {
      const { level, message, ...fields } = info;
      sendLine(SEVERITIES[level] ?? "info", plainText(message), fields);
      return Object.assign(info, runLogFields());
    },
  };
}
