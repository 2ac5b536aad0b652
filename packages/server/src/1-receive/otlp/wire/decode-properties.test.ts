import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { OtlpDecodeError } from "./decode-error.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "./decode-request.ts";
import type { OtlpFormat, RejectedItems } from "./otlp-types.ts";
import { sniffFormat } from "./sniff-format.ts";
import { arbitraryLogs, arbitraryMetrics, arbitraryTraces } from "./testing/arbitrary-requests.ts";
import { encodeLogsJson, encodeMetricsJson, encodeTracesJson } from "./testing/encode-json.ts";
import {
  encodeLogsProtobuf,
  encodeMetricsProtobuf,
  encodeTracesProtobuf,
} from "./testing/encode-protobuf.ts";

// Many runs or megabytes: a second on an idle machine, more on a busy one.
vi.setConfig({ testTimeout: 30_000 });

/** One signal with its type taken out, so that the properties are written once. */
interface Codec {
  readonly signal: string;
  readonly arbitrary: fc.Arbitrary<readonly unknown[]>;
  readonly encode: Record<OtlpFormat, (items: readonly unknown[]) => Buffer>;
  readonly decode: (
    body: Buffer,
    format: OtlpFormat,
  ) => { items: readonly unknown[]; rejected: RejectedItems };
}

function codec<Item>(
  signal: string,
  arbitrary: fc.Arbitrary<readonly Item[]>,
  encode: Record<OtlpFormat, (items: readonly Item[]) => Buffer>,
  decode: Codec["decode"],
): Codec {
  return { signal, arbitrary, encode: encode as Codec["encode"], decode };
}

const codecs: readonly Codec[] = [
  codec(
    "traces",
    arbitraryTraces,
    { protobuf: encodeTracesProtobuf, json: encodeTracesJson },
    (body, format) => {
      const { resourceSpans, rejected } = decodeTraces(body, format);
      return { items: resourceSpans, rejected };
    },
  ),
  codec(
    "metrics",
    arbitraryMetrics,
    { protobuf: encodeMetricsProtobuf, json: encodeMetricsJson },
    (body, format) => {
      const { resourceMetrics, rejected } = decodeMetrics(body, format);
      return { items: resourceMetrics, rejected };
    },
  ),
  codec("logs", arbitraryLogs, { protobuf: encodeLogsProtobuf, json: encodeLogsJson }, (body, format) => {
    const { resourceLogs, rejected } = decodeLogs(body, format);
    return { items: resourceLogs, rejected };
  }),
];
const formats: readonly OtlpFormat[] = ["protobuf", "json"];
const cases = codecs.flatMap((each) => formats.map((format) => ({ ...each, format })));

/** What the decoder makes of it, or `null` if it refuses with its own error; any other error fails the test. */
function decodeOrRefuse(
  decode: Codec["decode"],
  body: Buffer,
  format: OtlpFormat,
): readonly unknown[] | null {
  try {
    return decode(body, format).items;
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpDecodeError);
    return null;
  }
}

describe.each(cases)("$signal in $format", ({ arbitrary, encode, decode, format }) => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(arbitrary, (items) => {
        const body = encode[format](items);
        expect(sniffFormat(body)).toBe(items.length === 0 ? sniffFormat(body) : format);
        expect(decode(body, format)).toEqual({ items, rejected: { count: 0, reasons: [] } });
      }),
    );
  });

  it("cut short are refused, or are the beginning of what was sent", () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (items, cut) => {
        const body = encode[format](items);
        const decoded = decodeOrRefuse(decode, body.subarray(0, cut % Math.max(1, body.length)), format);
        if (decoded !== null) expect(decoded).toEqual(items.slice(0, decoded.length));
      }),
    );
  });

  it("with a byte changed are refused or read, never a crash", () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (items, edits) => {
          const body = encode[format](items);
          for (const [at, byte] of edits) if (body.length > 0) body[at % body.length] = byte;
          decodeOrRefuse(decode, body, format);
        },
      ),
    );
  });

  it("made of random bytes are refused or read, never a crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: "max" }), (bytes) => {
        decodeOrRefuse(decode, Buffer.from(bytes), format);
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(codecs)("$signal", ({ decode, encode, arbitrary }) => {
  it("of random JSON are refused or read, never a crash", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        decodeOrRefuse(decode, Buffer.from(json), "json");
      }),
    );
  });

  it("with random values in the places of real ones are refused or read, never a crash", () => {
    fc.assert(
      fc.property(arbitrary, fc.jsonValue({ maxDepth: 2 }), fc.nat(), (items, stranger, place) => {
        let places = 0;
        const text = encode.json(items).toString();
        JSON.parse(text, () => void places++);
        const chosen = place % Math.max(1, places);
        let at = 0;
        const changed: unknown = JSON.parse(text, (_key, value: unknown) =>
          at++ === chosen ? stranger : value,
        );
        decodeOrRefuse(decode, Buffer.from(JSON.stringify(changed)), "json");
      }),
    );
  });
});
