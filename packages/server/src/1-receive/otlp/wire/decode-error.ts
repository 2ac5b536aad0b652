/** The one error of both decoders: the request as a whole cannot be read. Sending the same bytes again never helps. */

export type OtlpDecodeErrorCode =
  /** The bytes are no protobuf message, or end inside one. */
  | "OTLP_MALFORMED_PROTOBUF"
  /** The text is no JSON. */
  | "OTLP_MALFORMED_JSON"
  /** It is JSON, but a field has a value of another type than OTLP/JSON says. */
  | "OTLP_WRONG_TYPE"
  /** Attribute values are nested deeper than MAX_VALUE_DEPTH. */
  | "OTLP_NESTED_TOO_DEEPLY"
  /** More elements than MAX_ELEMENTS: small on the wire, huge in memory. A smaller batch would be read. */
  | "OTLP_TOO_MANY_ELEMENTS";

export class OtlpDecodeError extends Error {
  readonly code: OtlpDecodeErrorCode;
  /** Where in the request, in OTLP/JSON's names, e.g. `resourceSpans[0].scopeSpans[0].spans[2].name`; `""` = the request itself. */
  readonly fieldPath: string;
  /** What is wrong there, without the path; for `BadRequest.field_violations[].description`. */
  readonly problem: string;

  constructor(code: OtlpDecodeErrorCode, fieldPath: string, problem: string) {
    super(fieldPath === "" ? problem : `${fieldPath}: ${problem}`);
    this.name = "OtlpDecodeError";
    this.code = code;
    this.fieldPath = fieldPath;
    this.problem = problem;
  }
}
