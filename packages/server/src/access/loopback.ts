/**
 * Loopback: what only this machine can reach, and how a browser is kept from being led there. A server that asks for
 * no key trusts the machine, so a web page elsewhere must neither read through it (DNS rebinding: its own name made to
 * point at 127.0.0.1) nor send to it (cross-site requests).
 */

/** True for an address or name that other hosts cannot reach. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/** `host[:port]` of a Host header without the port, lower case; null when it is no host. */
export function hostName(hostHeader: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s/@]+)(?::\d{1,5})?$/i.exec(hostHeader.trim());
  return match === null ? null : (match[1]?.toLowerCase() ?? null);
}

/** Headers that a proxy adds: such a request comes from elsewhere, whatever address it arrives on. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] as const;

export function cameThroughProxy(headers: Readonly<Record<string, unknown>>): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined);
}
