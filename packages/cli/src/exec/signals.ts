/**
 * Signals that reach us and are meant for the command. A terminal's Ctrl-C or Ctrl-\ goes to the whole foreground
 * process group, the command included: it is not sent twice.
 */
import { readProcessStat } from "./process-tree.ts";

export const FORWARDED_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
export type ForwardedSignal = (typeof FORWARDED_SIGNALS)[number];

const NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

/** True when the terminal has sent it to the command too. */
export function cameFromTerminal(signal: ForwardedSignal): boolean {
  if (signal !== "SIGINT" && signal !== "SIGQUIT") return false;
  const stat = readProcessStat("self");
  if (stat === null) return process.stdin.isTTY === true;
  return stat.terminal !== 0 && stat.terminalForegroundGroup === stat.processGroup;
}

/**
 * The signals that were set to be ignored when we were started (`nohup`, `&` in a script). Node.js forgets that at its
 * start, so the launcher reads it before.
 * @param mask the hexadecimal `SigIgn` of /proc/PID/status
 */
export function ignoredSignals(mask: string | undefined): ForwardedSignal[] {
  if (mask === undefined || !/^[0-9a-f]{1,16}$/i.test(mask)) return [];
  const bits = BigInt(`0x${mask}`);
  return FORWARDED_SIGNALS.filter((signal) => {
    const number = NUMBERS[signal];
    return number !== undefined && (bits >> BigInt(number - 1)) % 2n === 1n;
  });
}

/**
 * What to start so that `command` still ignores these signals: Node.js gives a child the default actions, a shell
 * hands `trap ''` on through exec.
 */
export function commandIgnoring(
  signals: readonly ForwardedSignal[],
  command: readonly string[],
): readonly string[] {
  if (signals.length === 0) return command;
  const names = signals.map((signal) => signal.slice(3)).join(" ");
  return ["/bin/sh", "-c", `trap '' ${names}; exec "$@"`, "sh", ...command];
}
