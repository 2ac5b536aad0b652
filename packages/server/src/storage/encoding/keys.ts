/**
 * Ids as short bytes. An id of 32 hexadecimal digits (our hashes, trace ids) is its 16 bytes and can be read back;
 * any other text is hashed where only telling apart matters, and kept beside where it has to be shown.
 */
import { hash } from "node:crypto";
import { cleanText } from "../../lib/clean-text.ts";
import type { RunAlias } from "../../model/identity.ts";

const KEY_BYTES = 16;
const HEX_KEY = /^[0-9a-f]{32}$/;
const SPAN_ALIAS = /^span:([0-9a-f]{32})\/([0-9a-f]{16})$/;
const TRACE_ALIAS = /^trace:([0-9a-f]{32})$/;

/** True when `keyText(hashKey(text))` is the text again. */
export function isPlainKey(text: string): boolean {
  return HEX_KEY.test(text);
}

export function hashKey(text: string): Uint8Array {
  if (isPlainKey(text)) return Buffer.from(text, "hex");
  return hash("sha256", cleanText(text), "buffer").subarray(0, KEY_BYTES);
}

export function keyText(key: Uint8Array): string {
  return hexOf(key);
}

/** Trace and span ids: 16 and 8 bytes; other text is kept as it is, never of these lengths. */
export function traceIdBytes(text: string): Uint8Array {
  if (/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(text)) return Buffer.from(text, "hex");
  const bytes = Buffer.from(cleanText(text), "utf8");
  return bytes.length === 8 || bytes.length === KEY_BYTES ? Buffer.concat([bytes, Buffer.of(0)]) : bytes;
}

export function traceIdText(bytes: Uint8Array): string {
  if (bytes.length === 8 || bytes.length === KEY_BYTES) return hexOf(bytes);
  return Buffer.from(bytes).toString("utf8").replace(/\0$/, "");
}

/** An alias as it is stored: span and trace ids in base64url take 40 % less room than in hexadecimal digits. */
export function packAlias(alias: RunAlias): string {
  const span = SPAN_ALIAS.exec(alias);
  if (span !== null) return `s${Buffer.from(`${span[1]}${span[2]}`, "hex").toString("base64url")}`;
  const trace = TRACE_ALIAS.exec(alias);
  if (trace !== null) return `t${Buffer.from(trace[1] ?? "", "hex").toString("base64url")}`;
  return `:${cleanText(alias)}`;
}

export function unpackAlias(packed: string): RunAlias {
  if (packed.startsWith(":")) return packed.slice(1);
  const hex = Buffer.from(packed.slice(1), "base64url").toString("hex");
  return packed.startsWith("t") ? `trace:${hex}` : `span:${hex.slice(0, 32)}/${hex.slice(32)}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
