/** `console` inside a run: printed as ever, and sent on as lines of the run. */
import { format } from "node:util";
import { sendLine } from "./log-line.ts";

const METHODS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;
type Method = keyof typeof METHODS;

/**
 * From now on what is written with `console` inside a run belongs to the run's log as well. Opt-in, process-wide.
 * @returns a function that puts things back as they were
 */
export function captureConsole(target: Pick<Console, Method> = console): () => void {
  const before = new Map<Method, Console[Method]>();
  for (const method of Object.keys(METHODS) as Method[]) {
    const print = target[method];
    before.set(method, print);
    target[method] = (...args: unknown[]): void => {
      print.apply(target, args);
      try {
        sendLine(METHODS[method], format(...args));
      } catch {
        // What cannot be formatted was printed, or not, by the console itself.
      }
    };
  }
  return () => {
    for (const [method, print] of before) target[method] = print;
  };
}
