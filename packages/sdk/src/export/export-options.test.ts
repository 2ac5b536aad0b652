import { describe, expect, test } from "vitest";
import { destinationsOf, type ExportOptions } from "./export-options.ts";

function read(options: ExportOptions, env: NodeJS.ProcessEnv = {}) {
  const warnings: string[] = [];
  return { destinations: destinationsOf(options, env, (text) => warnings.push(text)), warnings };
}

describe("where to", () => {
  test.for([
    [{}, {}, "http://127.0.0.1:4318"],
    [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" }, "http://collector:4318"],
    [
      {},
      { BATCHWATCH_URL: "https://bw.example", OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector" },
      "https://bw.example",
    ],
    [
      { endpoint: "https://one.example/otlp" },
      { BATCHWATCH_URL: "https://bw.example" },
      "https://one.example/otlp",
    ],
  ] as const)("options %o, environment %o", ([options, env, endpoint]) => {
    expect(read(options, env).destinations[0]?.endpoint).toBe(endpoint);
  });

  test("the environment's key goes to nobody whom the code names", () => {
    const env = { BATCHWATCH_API_KEY: "bw_secret", OTEL_EXPORTER_OTLP_HEADERS: "a=b" };
    const options = { destinations: [{}, { endpoint: "https://other.example", headers: { token: "t" } }] };
    const headers = read(options, env).destinations.map((each) => each.headers);
    expect(headers).toEqual([{ a: "b", "x-api-key": "bw_secret" }, { token: "t" }]);
  });

  test("another key is another destination for what is spooled", () => {
    const [one, other, same] = read({
      destinations: [{ apiKey: "a" }, { apiKey: "b" }, { apiKey: "a" }],
    }).destinations.map(({ fingerprint }) => fingerprint);
    expect(one).not.toBe(other);
    expect(one).toBe(same);
  });

  test.for([
    [{ endpoint: "ftp://x" }, "is no address"],
    [{ protocol: "grpc" as never }, 'protocol "grpc" is not known; use http/protobuf or http/json'],
    [{ tls: { ca: "/no/such/file.pem" } }, "ENOENT"],
  ] as const)("%o is said and left out", ([options, why]) => {
    const { destinations, warnings } = read(options);
    expect(destinations).toEqual([]);
    expect(warnings.join()).toContain(why);
  });
});
