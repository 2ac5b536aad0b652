/**
 * Decodes OTLP/JSON requests (the protobuf JSON mapping with OTLP's own changes; INGEST.md 4.2 lists what clients really send).
 * An empty body is an empty request. Invalid UTF-8 becomes U+FFFD.
 *
 * @throws OtlpDecodeError naming the field if the text is no JSON or a value has the wrong type; an item with invalid ids or values is
 * only left out (`rejected`).
 */
import { OtlpDecodeError } from "./decode-error.ts";
import { decodeResourceLogs } from "./decode-json-logs.ts";
import { decodeResourceMetrics } from "./decode-json-metrics.ts";
import { decodeResourceSpans } from "./decode-json-traces.ts";
import { MAX_ELEMENTS } from "./decode-state.ts";
import { type JsonObject, JsonReader } from "./json-reader.ts";
import type { DecodedLogs, DecodedMetrics, DecodedTraces } from "./otlp-types.ts";

export function decodeTracesJson(body: Buffer): DecodedTraces {
  const reader = new JsonReader();
  const resourceSpans = reader.objects(parseRequest(body, reader), "resourceSpans", decodeResourceSpans);
  return { resourceSpans, rejected: reader.state.rejected() };
}

export function decodeLogsJson(body: Buffer): DecodedLogs {
  const reader = new JsonReader();
  const resourceLogs = reader.objects(parseRequest(body, reader), "resourceLogs", decodeResourceLogs);
  return { resourceLogs, rejected: reader.state.rejected() };
}

export function decodeMetricsJson(body: Buffer): DecodedMetrics {
  const reader = new JsonReader();
  const resourceMetrics = reader.objects(
    parseRequest(body, reader),
    "resourceMetrics",
    decodeResourceMetrics,
  );
  return { resourceMetrics, rejected: reader.state.rejected() };
}

function parseRequest(body: Buffer, reader: JsonReader): JsonObject {
  if (body.length === 0) return {};
  // A smaller body cannot hold too many elements.
  if (body.length > MAX_ELEMENTS) reader.state.takeElements(countElements(body));
  return reader.toObject(parse(body));
}

function parse(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OtlpDecodeError("OTLP_MALFORMED_JSON", "", `not JSON: ${error.message}`);
  }
}

const BYTE_ORDER_MARK = 0xfeff;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
/** A number or a key in a list or object, against an object of its own. */
const ELEMENTS_PER_COMMA = 1 / 4;

/** What JSON.parse is going to create, roughly: it cannot be stopped half-way, so its input is weighed before. */
function countElements(json: Buffer): number {
  let containers = 0;
  let commas = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (isInText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) isInText = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) containers++;
    else if (byte === COMMA) commas++;
  }
  return containers + commas * ELEMENTS_PER_COMMA;
}
