/** pino inside a run: run and trace ids on each line, and each line sent on as one of the run. Structural: no dependency. */
import { format } from "node:util";
import { runLogFields } from "../current-run.ts";
import type { EmittedLine } from "../telemetry/emit-run-event.ts";
import { sendLine } from "./log-line.ts";

type LogMethod = (
  this: unknown,
  args: unknown[],
  method: (...args: unknown[]) => void,
  level: number,
) => void;

export interface PinoRunOptions {
  mixin: () => object;
  hooks: { logMethod: LogMethod };
}

/** `pino({ ...pinoRunOptions(), level: "info" })`. For the ids alone: `pino({ mixin: runLogFields })`. */
export function pinoRunOptions(): PinoRunOptions {
  return {
    mixin: runLogFields,
    hooks: {
      logMethod(args, method, level) {
        method.apply(this, args);
        const [first, ...rest] = args;
        if (first instanceof Error)
          sendLine(severityOf(level), first.message, {
            "exception.type": first.name,
            "exception.stacktrace": first.stack,
          });
        else if (typeof first === "object" && first !== null)
          sendLine(severityOf(level), format(...rest), first);
        else sendLine(severityOf(level), format(...args));
      },
    },
  };
}

function severityOf(level: number): EmittedLine["severity"] {
  if (level >= 60) return "fatal";
  if (level >= 50) return "error";
  if (level >= 40) return "warn";
  if (level >= 30) return "info";
  return level >= 20 ? "debug" : "trace";
}
