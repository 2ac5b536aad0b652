/** Exemplars of metric points from protobuf (metrics.proto). Case labels are whole tags: field number × 8 + wire type. */
import { NO_ATTRIBUTES } from "./attribute-map.ts";
import { spanIdOrNull, traceIdOrNull } from "./check-items.ts";
import { readAttributeInto } from "./decode-protobuf-common.ts";
import type { AttributeMap, Exemplar } from "./otlp-types.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** Adds an exemplar; one without a value says nothing and is left out. */
export function readExemplarInto(reader: ProtobufReader, soFar: Exemplar[] | null): Exemplar[] {
  const exemplars = soFar ?? [];
  let timeMs: number | null = null;
  let value: number | null = null;
  let traceId: string | null = null;
  let spanId: string | null = null;
  let attributes: AttributeMap = NO_ATTRIBUTES;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x11: // 2 time_unix_nano
        timeMs = reader.timeMs();
        break;
      case 0x19: // 3 as_double
        value = reader.float64();
        break;
      case 0x22: // 4 span_id
        spanId = spanIdOrNull(reader.hexId());
        break;
      case 0x2a: // 5 trace_id
        traceId = traceIdOrNull(reader.hexId());
        break;
      case 0x31: // 6 as_int
        value = reader.sfixed64Number();
        break;
      case 0x3a: // 7 filtered_attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  if (value !== null) exemplars.push({ timeMs, value, traceId, spanId, attributes });
  return exemplars;
}
