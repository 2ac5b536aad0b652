/**
 * Tells protobuf from JSON by the body, because the Content-Type lies: Airflow 2.10 and 2.11 with recent exporters send protobuf
 * labelled `application/json` (INGEST.md section 0, finding 2).
 *
 * JSON begins with `{` or `[`, perhaps after white space. The trap: every OTLP message begins with 0x0A, the tag of field 1, which is
 * also a line feed, and the length after it may be 0x7B, which is also `{`. What tells them apart is that JSON has no control
 * characters but white space (inside strings they are escaped), while a message as short as that length says has tags and lengths
 * among its first bytes.
 */
import type { OtlpFormat } from "./otlp-types.ts";

const LINE_FEED = 0x0a;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const FIRST_PRINTABLE = 0x20;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);
/** Longer than any message whose length byte could be taken for `{` or `[`. */
const CONTROL_SCAN_BYTES = 256;

const FORMATS_BY_MEDIA_TYPE: ReadonlyMap<string, OtlpFormat> = new Map([
  ["application/json", "json"],
  ["application/x-protobuf", "protobuf"],
  ["application/protobuf", "protobuf"],
]);

/**
 * The format that a Content-Type header names, parameters and case aside.
 * @returns `null` for every other type and for none: answer 415.
 */
export function formatOfContentType(contentType: string | undefined): OtlpFormat | null {
  const mediaType = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return FORMATS_BY_MEDIA_TYPE.get(mediaType) ?? null;
}

export function contentTypeOf(format: OtlpFormat): string {
  return format === "json" ? "application/json" : "application/x-protobuf";
}

/**
 * The format a decompressed body really has. An empty body has the one its Content-Type names (protobuf if that names none).
 * @param body what decompressBody returned
 */
export function sniffFormat(body: Buffer, contentType?: string): OtlpFormat {
  if (body.length === 0) return formatOfContentType(contentType) ?? "protobuf";
  const start = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  let at = start;
  while (isJsonSpace(body[at])) at++;
  if (at === body.length) return formatOfContentType(contentType) ?? "json";
  if (body[at] !== OPEN_BRACE && body[at] !== OPEN_BRACKET) return "protobuf";
  return body[start] === LINE_FEED && hasControlCharacters(body) ? "protobuf" : "json";
}

function hasControlCharacters(body: Buffer): boolean {
  return body.subarray(0, CONTROL_SCAN_BYTES).some((byte) => byte < FIRST_PRINTABLE && !isJsonSpace(byte));
}

function isJsonSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
