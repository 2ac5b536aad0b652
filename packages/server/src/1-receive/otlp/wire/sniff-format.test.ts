import { describe, expect, it } from "vitest";
import type { ResourceSpans } from "./otlp-types.ts";
import { formatOfContentType, sniffFormat } from "./sniff-format.ts";
import { encodeTracesProtobuf } from "./testing/encode-protobuf.ts";

function requestWithServiceName(length: number): readonly ResourceSpans[] {
  return [
    {
      resource: { attributes: { "service.name": "{".repeat(length) }, droppedAttributesCount: 0 },
      schemaUrl: "",
      scopeSpans: [],
    },
  ];
}

describe("sniffFormat", () => {
  it.each([
    ["{}", "json"],
    ['{"resourceSpans":[]}', "json"],
    ['\n{"resourceSpans":[]}', "json"],
    ['\r\n\t {\n  "resourceSpans": []\n}', "json"],
    ["\n[\n]", "json"],
    ['\ufeff{"resourceSpans":[]}', "json"],
    ['\ufeff\n{"resourceSpans":[]}', "json"],
    ['\n{"name":"ünïcode"}', "json"],
    ['{"name":"a control character, which JSON.parse will refuse: \u0001"}', "json"],
  ])("takes %j for %s", (text, format) => {
    expect(sniffFormat(Buffer.from(text), "application/x-protobuf")).toBe(format);
  });

  it("takes protobuf of any length for protobuf, also where its first bytes read as a line feed and a brace", () => {
    const firstBytes = new Set<string>();
    for (let length = 0; length < 300; length++) {
      const body = encodeTracesProtobuf(requestWithServiceName(length));
      firstBytes.add(body.toString("latin1", 0, 2));
      expect(sniffFormat(body, "application/json"), `service name of ${length} characters`).toBe("protobuf");
    }
    expect(firstBytes).toContain("\n{");
    expect(firstBytes).toContain("\n[");
  });

  it("believes the Content-Type of an empty body, for the answer's format", () => {
    expect(sniffFormat(Buffer.alloc(0), "application/json; charset=utf-8")).toBe("json");
    expect(sniffFormat(Buffer.alloc(0), "application/x-protobuf")).toBe("protobuf");
    expect(sniffFormat(Buffer.alloc(0))).toBe("protobuf");
    expect(sniffFormat(Buffer.from(" \n"), "application/json")).toBe("json");
  });
});

describe("formatOfContentType", () => {
  it.each([
    ["application/json", "json"],
    ["Application/JSON; charset=UTF-8", "json"],
    ["application/x-protobuf", "protobuf"],
    ["application/x-protobuf;proto=x", "protobuf"],
    ["application/protobuf", "protobuf"],
    ["text/plain", null],
    ["", null],
    [undefined, null],
  ])("reads %j as %j", (contentType, format) => {
    expect(formatOfContentType(contentType)).toBe(format);
  });
});
