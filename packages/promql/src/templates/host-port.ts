/** `host:port` as Go's net package splits it. */
export function splitHostPort(text: string): { host: string; port: string } | null {
  const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] ?? "" };
  const plain = /^([^:[\]]*):([^:[\]]*)$/.exec(text);
  return plain === null ? null : { host: plain[1] ?? "", port: plain[2] ?? "" };
}

/** `host.example.com:9100` → `host:9100`; an address stays. */
export function stripDomain(text: string): string {
  const split = splitHostPort(text);
  const host = split?.host ?? text;
  if (isAddress(host)) return text;
  const [short = ""] = host.split(".", 1);
  const port = split?.port ?? "";
  return port === "" ? short : `${short}:${port}`;
}

function isAddress(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(bare)) return bare.split(".").every((part) => Number(part) <= 255);
  return bare.includes(":") && URL.canParse(`http://[${bare}]/`);
}
