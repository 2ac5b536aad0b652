/** Resource, scope, attributes and values from OTLP/JSON (common.proto, resource.proto). */
import { NO_ATTRIBUTES, newAttributeMap } from "./attribute-map.ts";
import { MAX_VALUE_DEPTH } from "./decode-state.ts";
import { NO_RESOURCE, NO_SCOPE } from "./empty-values.ts";
import type { JsonObject, JsonReader } from "./json-reader.ts";
import type { AttributeMap, AttributeValue, InstrumentationScope, Resource } from "./otlp-types.ts";

export function decodeResource(object: JsonObject, reader: JsonReader): Resource {
  return (
    reader.object(object, "resource", (resource) => ({
      attributes: decodeAttributes(resource, "attributes", reader),
      droppedAttributesCount: reader.uint32(resource, "droppedAttributesCount"),
    })) ?? NO_RESOURCE
  );
}

export function decodeScope(object: JsonObject, reader: JsonReader): InstrumentationScope {
  return (
    reader.object(object, "scope", (scope) => ({
      name: reader.text(scope, "name"),
      version: reader.text(scope, "version"),
      attributes: decodeAttributes(scope, "attributes", reader),
      droppedAttributesCount: reader.uint32(scope, "droppedAttributesCount"),
    })) ?? NO_SCOPE
  );
}

/** A list of KeyValue under `key`. */
export function decodeAttributes(
  object: JsonObject,
  key: string,
  reader: JsonReader,
  depth = 0,
): AttributeMap {
  if (!reader.isSet(object, key)) return NO_ATTRIBUTES;
  const attributes = newAttributeMap();
  let isEmpty = true;
  reader.objects(object, key, (keyValue) => {
    const value = reader.object(keyValue, "value", (anyValue) => decodeAnyValue(anyValue, reader, depth));
    attributes[reader.text(keyValue, "key")] = value;
    isEmpty = false;
    return null;
  });
  return isEmpty ? NO_ATTRIBUTES : attributes;
}

/** The first of the oneof's fields that is set; none at all is `null`. */
export function decodeAnyValue(anyValue: JsonObject, reader: JsonReader, depth = 0): AttributeValue {
  if (reader.isSet(anyValue, "stringValue")) return reader.text(anyValue, "stringValue");
  if (reader.isSet(anyValue, "intValue")) return reader.int64Exact(anyValue, "intValue");
  if (reader.isSet(anyValue, "doubleValue")) return reader.double(anyValue, "doubleValue");
  if (reader.isSet(anyValue, "boolValue")) return reader.flag(anyValue, "boolValue");
  if (reader.isSet(anyValue, "bytesValue")) return reader.base64(anyValue, "bytesValue");
  if (
    depth >= MAX_VALUE_DEPTH &&
    (reader.isSet(anyValue, "arrayValue") || reader.isSet(anyValue, "kvlistValue"))
  ) {
    reader.state.fail("OTLP_NESTED_TOO_DEEPLY", `a value is nested deeper than ${MAX_VALUE_DEPTH} levels`);
  }
  const list = reader.object(anyValue, "arrayValue", (array) => decodeValues(array, reader, depth + 1));
  return (
    list ??
    reader.object(anyValue, "kvlistValue", (map) => decodeAttributes(map, "values", reader, depth + 1))
  );
}

/** Elements are kept even where they are empty: their place in the list means something. */
function decodeValues(array: JsonObject, reader: JsonReader, depth: number): readonly AttributeValue[] {
  const values: AttributeValue[] = [];
  reader.objects(array, "values", (anyValue) => {
    values.push(decodeAnyValue(anyValue, reader, depth));
    return null;
  });
  return values;
}
