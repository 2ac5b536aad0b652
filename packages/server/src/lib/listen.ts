/** Listening, with an error that says which port is taken and what may hold it. */
import type { AddressInfo } from "node:net";

const OPENTELEMETRY_PORTS = new Set([4317, 4318]);

export class ListenError extends Error {
  readonly code = "CANNOT_LISTEN";
}

/** @param flag the command-line flag that sets the address, e.g. `--http` */
export function listenError(
  error: unknown,
  address: { host: string; port: number },
  flag: string,
): ListenError {
  const code = codeOf(error);
  const where = hostPort(address.host, address.port);
  const other = `Choose another address with ${flag} HOST:PORT (port 0 picks a free one).`;
  switch (code) {
    case "EADDRINUSE": {
      const holder = OPENTELEMETRY_PORTS.has(address.port)
        ? "perhaps an OpenTelemetry Collector, or another Batchwatch"
        : "perhaps another Batchwatch";
      return new ListenError(
        `${where} is in use already, ${holder}. Stop it, or choose another: ${flag} ${hostPort(address.host, 0)} picks a free port.`,
      );
    }
    case "EACCES":
      return new ListenError(
        `${where} may not be listened on by this user; ports below 1024 need rights. ${other}`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new ListenError(`${address.host} is no address of this machine. ${other}`);
    default:
      return new ListenError(
        `Cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`,
      );
  }
}

/** gRPC hides the system's code in its text. */
function codeOf(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === "string") return code;
  return /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)\b/.exec(message)?.[0];
}

export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]:${port}` : `${host}:${port}`;
}

/** "All addresses" is nothing that can be called. */
export function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "[::]";
}

export function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
