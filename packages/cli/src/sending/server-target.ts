/** Where events and questions go: the server's address and the key, from options, else from the environment. */

const DEFAULT_URL = "http://127.0.0.1:4318";

export interface ServerTarget {
  /** Without a slash at its end. */
  url: string;
  apiKey: string | null;
}

export interface TargetOptions {
  url?: string | undefined;
  apiKey?: string | undefined;
}

/**
 * @throws RangeError that says which of option and variable is wrong and how to write it.
 */
export function serverTarget(options: TargetOptions, env: NodeJS.ProcessEnv): ServerTarget {
  const said = options.url ?? (env.BATCHWATCH_URL || DEFAULT_URL);
  const where = options.url === undefined ? "BATCHWATCH_URL" : "--url";
  return { url: checkedUrl(said, where), apiKey: options.apiKey ?? (env.BATCHWATCH_API_KEY || null) };
}

function checkedUrl(text: string, where: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new RangeError(`${where}: "${text}" is no address; write it like ${DEFAULT_URL}`);
  return text.replace(/\/+$/, "");
}

/** Tells two keys apart without holding either (32-bit FNV-1a): a spool never goes out under another sender's key. */
export function keyFingerprint(apiKey: string | null): string {
  if (apiKey === null) return "none";
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(apiKey)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
