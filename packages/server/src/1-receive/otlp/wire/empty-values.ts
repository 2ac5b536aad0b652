/** What absent fields decode to. One frozen object of each, shared by everything that is decoded. */
import { NO_ATTRIBUTES } from "./attribute-map.ts";
import type {
  Exemplar,
  ExponentialBuckets,
  InstrumentationScope,
  Resource,
  Span,
  SpanEvent,
  SpanLink,
} from "./otlp-types.ts";

export const NO_RESOURCE: Resource = Object.freeze({ attributes: NO_ATTRIBUTES, droppedAttributesCount: 0 });

export const NO_SCOPE: InstrumentationScope = Object.freeze({
  name: "",
  version: "",
  attributes: NO_ATTRIBUTES,
  droppedAttributesCount: 0,
});

export const UNSET_STATUS: Span["status"] = Object.freeze({ code: "unset", message: "" });
export const NO_EVENTS: readonly SpanEvent[] = Object.freeze([]);
export const NO_LINKS: readonly SpanLink[] = Object.freeze([]);
export const NO_EXEMPLARS: readonly Exemplar[] = Object.freeze([]);
export const NO_BUCKETS: ExponentialBuckets = Object.freeze({ offset: 0, bucketCounts: Object.freeze([]) });
