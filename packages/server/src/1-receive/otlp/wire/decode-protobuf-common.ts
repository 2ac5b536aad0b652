/**
 * Resource, scope, attributes and values from protobuf (common.proto, resource.proto). Case labels are whole tags:
 * field number × 8 + wire type, with the field's number and name beside.
 */
import { type MutableAttributeMap, NO_ATTRIBUTES, newAttributeMap } from "./attribute-map.ts";
import { MAX_VALUE_DEPTH } from "./decode-state.ts";
import type { AttributeMap, AttributeValue, InstrumentationScope, Resource } from "./otlp-types.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function readResource(reader: ProtobufReader): Resource {
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let droppedAttributesCount = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x10: // 2 dropped_attributes_count
        droppedAttributesCount = reader.uint32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { attributes, droppedAttributesCount };
}

export function readScope(reader: ProtobufReader): InstrumentationScope {
  let name = "";
  let version = "";
  let attributes: AttributeMap = NO_ATTRIBUTES;
  let droppedAttributesCount = 0;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 name
        name = reader.text();
        break;
      case 0x12: // 2 version
        version = reader.text();
        break;
      case 0x1a: // 3 attributes
        attributes = readAttributeInto(reader, attributes);
        break;
      case 0x20: // 4 dropped_attributes_count
        droppedAttributesCount = reader.uint32();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return { name, version, attributes, droppedAttributesCount };
}

/** Adds one KeyValue to the attributes read so far and returns them; the first one replaces the shared NO_ATTRIBUTES. */
export function readAttributeInto(reader: ProtobufReader, soFar: AttributeMap, depth = 0): AttributeMap {
  const attributes: MutableAttributeMap = soFar === NO_ATTRIBUTES ? newAttributeMap() : soFar;
  let key = "";
  let value: AttributeValue = null;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 key
        key = reader.text();
        break;
      case 0x12: // 2 value
        value = readAnyValue(reader, depth);
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  attributes[key] = value;
  return attributes;
}

/** The oneof's last field wins; none at all is `null`. */
export function readAnyValue(reader: ProtobufReader, depth = 0): AttributeValue {
  let value: AttributeValue = null;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: // 1 string_value
        value = reader.text();
        break;
      case 0x10: // 2 bool_value
        value = reader.bool();
        break;
      case 0x18: // 3 int_value
        value = reader.int64Exact();
        break;
      case 0x21: // 4 double_value
        value = reader.float64();
        break;
      case 0x2a: // 5 array_value
        value = readArrayValue(reader, depth + 1);
        break;
      case 0x32: // 6 kvlist_value
        value = readKeyValueList(reader, depth + 1);
        break;
      case 0x3a: // 7 bytes_value
        value = reader.base64();
        break;
      default:
        reader.skipField(tag);
    }
  }
  reader.endMessage(outerEnd);
  return value;
}

function readArrayValue(reader: ProtobufReader, depth: number): readonly AttributeValue[] {
  checkDepth(reader, depth);
  const values: AttributeValue[] = [];
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === 0x0a)
      values.push(readAnyValue(reader, depth)); // 1 values
    else reader.skipField(tag);
  }
  reader.endMessage(outerEnd);
  return values;
}

function readKeyValueList(reader: ProtobufReader, depth: number): AttributeMap {
  checkDepth(reader, depth);
  let attributes: AttributeMap = NO_ATTRIBUTES;
  const outerEnd = reader.beginMessage();
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === 0x0a)
      attributes = readAttributeInto(reader, attributes, depth); // 1 values
    else reader.skipField(tag);
  }
  reader.endMessage(outerEnd);
  return attributes;
}

function checkDepth(reader: ProtobufReader, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) {
    reader.state.fail("OTLP_NESTED_TOO_DEEPLY", `a value is nested deeper than ${MAX_VALUE_DEPTH} levels`);
  }
}
